import type { Client } from '@temporalio/client';
import { connectOrm, type Orm } from '../../platform/orm.ts';
import { createOrderHealth, type OrderHealth } from '../../platform/order-health/health.ts';
import { connectTemporal } from '../../platform/temporal-client.ts';
import { parseSettings, SettingsError, type Settings } from '../../platform/settings.ts';
import { ORDER_WORKFLOW } from '../../workflows/messages/definitions.ts';
import { officeSettings } from '../office-settings.ts';

/** What a command reaches. What cannot be reached is absent, and its line says so, naming setting and address. */
export interface Connections {
  readonly temporal?: { readonly client: Client; readonly health: OrderHealth };
  readonly books?: Orm;
  /** One line for each that cannot be reached. */
  readonly notes: readonly string[];
}

const CONNECT_TIMEOUT_MS = 5_000;
/** How long an operator waits for one answer of Temporal. */
const ASK_TIMEOUT_MS = 20_000;

/** Connects to Temporal and to the database, whichever answers, and closes both afterwards. */
export async function withConnections(use: (connections: Connections) => Promise<void>): Promise<void> {
  const settings = parseSettings(process.env);
  const [client, books] = await Promise.all([openTemporal(settings), openBooks(process.env)]);
  const notes = [client, books].filter((part) => typeof part === 'string');
  try {
    await use({
      notes,
      ...(typeof client !== 'string' && { temporal: { client, health: healthOf(client) } }),
      ...(typeof books !== 'string' && { books }),
    });
  } finally {
    if (typeof client !== 'string') await client.connection.close();
    if (typeof books !== 'string') await books.close();
  }
}

/** Throws the line of what is missing. */
export function needTemporal({ temporal, notes }: Connections): NonNullable<Connections['temporal']> {
  if (!temporal) throw new Error(notes.join('\n'));
  return temporal;
}

/** Throws the line of what is missing. */
export function needBooks({ books, notes }: Connections): Orm {
  if (!books) throw new Error(notes.join('\n'));
  return books;
}

/** The client, or the lines that say why there is none: nobody answers there, or a setting is wrong. */
async function openTemporal(settings: Settings): Promise<Client | string> {
  const temporalAddress = settings.temporalAddress ?? `127.0.0.1:${settings.temporalPort}`;
  try {
    return await connectTemporal({ ...settings, temporalAddress }, CONNECT_TIMEOUT_MS);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
}

function healthOf(client: Client): OrderHealth {
  return createOrderHealth({
    client,
    workflowType: ORDER_WORKFLOW,
    timeoutMs: ASK_TIMEOUT_MS,
  });
}

const ANSWER_TIMEOUT_MS = 5_000;

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
async function openBooks(env: NodeJS.ProcessEnv): Promise<Orm | string> {
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
    timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1000} s`)), ANSWER_TIMEOUT_MS);
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
