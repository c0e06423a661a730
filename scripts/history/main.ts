import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { openOffice, type Office } from '../../office/open.ts';
import { lastPostgresUrl } from '../../platform/embedded/postgres.ts';
import { connectOrm } from '../../platform/orm.ts';
import { parseServiceSettings, SettingsError } from '../../platform/settings.ts';
import { publishedKeys, tokensOf, type Tokens } from '../demo/reads.ts';
import { clientsOf } from './clients.ts';
import { fillHistory, isFilled, untilOutboxIsRead, type HistoryOptions } from './fill.ts';
import { DEMO_PARTIES } from './parties.ts';
import { STORY_NAMES } from './plan.ts';
import { neededFor, requireActing } from './ready.ts';
import { addDeadWebhook, runOrders, unfinishedOrders } from './running.ts';

/*
 * `npm run demo -- --history`: weeks of orders of every ending, and some that run, for the office with its own database that runs here.
 */

const wanted = z.object({
  weeks: z.coerce.number().int().min(1).max(26).default(6),
  orders: z.coerce.number().int().min(STORY_NAMES.length).max(5_000).default(400),
});

/** Returns the exit code: 0 when the history is there. Throws what hinders it, in words. */
export async function demoHistory(args: readonly string[], say: (line: string) => void): Promise<number> {
  const { weeks, orders } = wantedBy(args);
  const url = process.env['COUNTERSIGN_URL'] ?? `http://127.0.0.1:${process.env['PORT'] ?? '3000'}`;
  const tokens = await demoTokens(url);
  const ownerUrl = embeddedDatabase();
  const office = await openOffice(
    parseServiceSettings({ ...process.env, DATABASE_URL: ownerUrl, EMBEDDED: 'true' }),
    'worker',
  );
  const owner = await connectOrm({ url: ownerUrl, poolMax: 4, applicationName: 'countersign-history' });
  try {
    await requireSameOffice(url, office);
    const { signing, keyRing, sealer, statusListUri } = office;
    const books = { owner, keyRing, sealer, issuer: signing.issuer, statusListUri };
    await addWhatIsMissing({ ...books, weeks, orders, onProgress: progress(orders, say) }, { url, tokens, say });
    return 0;
  } finally {
    await owner.close();
    await office.close();
  }
}

function wantedBy(args: readonly string[]): z.output<typeof wanted> {
  const options = { history: { type: 'boolean' }, weeks: { type: 'string' }, orders: { type: 'string' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const { success, data, error } = wanted.safeParse(values);
  if (success) return data;
  throw new Error(error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('\n'));
}

async function demoTokens(url: string): Promise<Tokens> {
  return tokensOf(url).catch(() => {
    throw new Error(
      `No office with demo parties answers at ${url}: start one (npm start), then run this again beside it.`,
    );
  });
}

/** Example data belongs into no database but the one that `npm start` keeps by itself. */
function embeddedDatabase(): string {
  const { DATABASE_URL: other, DATA_DIR: dataDir = '.data' } = process.env;
  if (other) throw new SettingsError('DATABASE_URL is set: example data is made in the embedded database alone');
  const url = lastPostgresUrl(join(dataDir, 'postgres'));
  if (url === undefined)
    throw new SettingsError(`DATA_DIR (${dataDir}) holds no database: name the folder of the office that runs`);
  return url;
}

/** The office that answers there and the database of this folder must be the same: its keys say so. */
async function requireSameOffice(url: string, { keyRing }: Office): Promise<void> {
  const published = JSON.parse(await publishedKeys(url)) as { keys: { kid?: string }[] };
  const own = (await keyRing.publicJwks()).keys.map(({ kid }) => kid);
  if (published.keys.some(({ kid }) => own.includes(kid))) return;
  throw new SettingsError(
    `The office at ${url} keeps its books elsewhere: set DATA_DIR to its folder, or PORT to the office of this one`,
  );
}

/** Says at each tenth how far it is. */
function progress(orders: number, say: (line: string) => void): (ended: number) => void {
  const step = Math.ceil(orders / 10);
  return (ended) => {
    if (ended % step === 0 || ended === orders) say(`  ${ended} of ${orders}`);
  };
}

interface Around {
  readonly url: string;
  readonly tokens: Tokens;
  readonly say: (line: string) => void;
}

/** The past, when it is not there, and those of the running orders that are not. Looks at who acts by hand before it writes anything. */
async function addWhatIsMissing(history: HistoryOptions, { url, tokens, say }: Around): Promise<void> {
  const { owner, orders, weeks } = history;
  const clients = clientsOf(url, tokens);
  const isThere = await isFilled(owner);
  const unfinished = await unfinishedOrders(clients);
  if (isThere && unfinished.length === 0) return say('The history is there already: nothing was added.');
  await requireActing(clients, isThere ? neededFor(unfinished) : DEMO_PARTIES);
  if (isThere) say('The history is there already, but not all of the orders that run: those are made now.');
  else say(`${orders} orders of the last ${weeks} weeks are made: that takes about a minute.`);
  const filled = await fillHistory(history);
  await untilOutboxIsRead(owner);
  await addDeadWebhook(clients);
  say('Orders that run, each left where it waits:');
  await runOrders(unfinished, say);
  const first = filled.kind === 'filled' ? filled.orders[0]?.at.toISOString().slice(0, 10) : undefined;
  if (first !== undefined) say(`The history begins on ${first}.`);
  say(`See it at ${url}; npm run ops -- reconcile compares the books.`);
}
