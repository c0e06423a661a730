import { connectOrm, type Orm } from '../../platform/orm.ts';
import { officeSettings } from '../service-settings.ts';

const PATIENCE_MS = 5_000;

const UNREACHABLE = 'The database cannot be reached';

/** Whether the line of `openBooks` says that a known database does not answer. */
export function isUnreachable(line: string): boolean {
  return line.startsWith(UNREACHABLE);
}

/** Whether the database answers within a few seconds. */
export async function answers(orm: Orm): Promise<boolean> {
  try {
    await inTime(orm.em.fork().execute('select 1'));
    return true;
  } catch {
    return false;
  }
}

/** The office's books, or one line that says why they cannot be read, without the password of the address. */
export async function openBooks(env: NodeJS.ProcessEnv): Promise<Orm | string> {
  let url: string;
  try {
    url = officeSettings(env).databaseUrl;
  } catch (error) {
    return `The database is not known: ${firstLine(error)}.`;
  }
  const orm = await connectOrm({ url, poolMax: 2, applicationName: 'countersign-ops', logger: () => undefined });
  try {
    await inTime(orm.em.fork().execute('select 1'));
    return orm;
  } catch (error) {
    await orm.close(true).catch(() => undefined);
    return `${UNREACHABLE} at ${placeOf(url)} (${firstLine(error)}): start it, or set DATABASE_URL to where it is.`;
  }
}

async function inTime(asked: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
  });
  await Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

function placeOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the address of DATABASE_URL';
}

function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line || 'no reason given';
}
