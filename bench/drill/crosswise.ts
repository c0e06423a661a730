import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { KeptPart } from '../chaos/parts.ts';
import { succeeded, type Said } from './ops.ts';
import { follow, type Drilled, type Phase } from './phase.ts';
import { TEMPORAL_DATABASES } from './temporal-cluster.ts';

/** How long orders go on after the moment to which one side is put back: what changed within the last minute is not compared, and those in flight at that moment are to have ended before it. */
const LOST_MS = 100_000;

/** The databases of each side. */
const SIDES = { 'books-older': ['countersign'], 'temporal-older': TEMPORAL_DATABASES } as const;

/** Puts one side back to a moment without the other, and has both made whole by the commands alone. */
export async function drillRestore(drilled: Drilled, name: keyof typeof SIDES): Promise<Phase> {
  const databases = SIDES[name];
  const { system, load, settleMs, log } = drilled;
  await sleep(settleMs);
  await pause(partsOf(drilled, USERS));
  const since = new Date();
  const inFlight = load.inFlight();
  const { length: begun } = load.orders;
  await onServer(system.ownerUrl, databases.flatMap(copied));
  resume(partsOf(drilled, USERS));
  await system.untilReady();
  log(`${name}: copied as of ${since.toISOString()}, orders go on`);
  await sleep(LOST_MS);
  const affected = [...inFlight, ...load.orders.slice(begun)];
  return follow(drilled, { part: name, affected }, () => putBackAndRepair(drilled, databases, since));
}

/** As docs/backup.md has it: nobody is served, and no order moves, until both were brought together. */
async function putBackAndRepair(drilled: Drilled, databases: readonly string[], since: Date): Promise<string> {
  const { system, log } = drilled;
  await pause(partsOf(drilled, USERS));
  const downAt = Date.now();
  await onServer(system.ownerUrl, databases.flatMap(putBack));
  resume(partsOf(drilled, ['temporal-']));
  await system.untilTemporalAnswers();
  const from = since.toISOString();
  const found = disagreements(await system.ops('reconcile', '--since', from));
  log(`put back: ${found}`);
  const restore = (): Promise<Said> => system.ops('restore', '--from', from, '--because', 'the drill');
  const said = [await restore()];
  resume(partsOf(drilled, ['worker-']));
  resume(partsOf(drilled, ['api-']));
  await system.untilReady();
  const [lost, away] = [downAt - since.getTime(), Date.now() - downAt].map((ms) => (ms / 1000).toFixed(0));
  // What a party's server has to sign again waits for the API, which that server asks first.
  while (said.at(-1)?.code === 1 && said.length < MOST_RESTORES) {
    log(said.at(-1)?.output ?? '');
    await sleep(RESTORE_AGAIN_MS);
    said.push(await restore());
  }
  const last = said.at(-1);
  if (last) succeeded(last, 'ops restore');
  return `put back by ${lost} s: ops reconcile says ${found}, ops restore --from ${said.map(lastLine).join('; again: ')}; away for ${away} s`;
}

const MOST_RESTORES = 5;
/** An order that has moved less than ten seconds ago is left to its workflow. */
const RESTORE_AGAIN_MS = 15_000;

/** Of a side that was put back there must be some: otherwise nothing was drilled. */
function disagreements({ code, output, errors }: Said): string {
  const found = /^\d+ disagreements?/m.exec(output)?.[0];
  if (code !== 1 || found === undefined)
    throw new Error(`ops reconcile found no difference after a restore:\n${output}\n${errors}`);
  return found;
}

function lastLine({ output }: Said): string {
  return output.split('\n').at(-1)?.replace(/\.$/, '') ?? '';
}

/** Whoever uses the books or Temporal, by how their names begin; the database itself stays. */
const USERS = ['api-', 'worker-', 'temporal-'] as const;

function partsOf({ system }: Drilled, begins: readonly (typeof USERS)[number][]): readonly KeptPart<string>[] {
  return [...system.parts].filter(([name]) => begins.some((begin) => name.startsWith(begin))).map(([, part]) => part);
}

async function pause(parts: readonly KeptPart<string>[]): Promise<void> {
  await Promise.all(parts.map((part) => part.pause()));
}

function resume(parts: readonly KeptPart<string>[]): void {
  for (const part of parts) part.resume();
}

function copied(database: string): string[] {
  return [ended(database), `create database ${database}_then template ${database}`];
}

function putBack(database: string): string[] {
  return [
    ended(database),
    `drop database ${database} with (force)`,
    `alter database ${database}_then rename to ${database}`,
  ];
}

/** Sessions of killed processes live on until their server notices. */
function ended(database: string): string {
  return `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`;
}

async function onServer(ownerUrl: string, statements: readonly string[]): Promise<void> {
  const url = new URL(ownerUrl);
  url.pathname = '/postgres';
  const client = new Client({ connectionString: url.href });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
