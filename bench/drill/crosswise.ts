import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { KeptPart } from '../chaos/parts.ts';
import { phase, type Drilled, type Phase } from './phase.ts';
import { TEMPORAL_DATABASES } from './temporal-cluster.ts';

/** How long orders go on after the moment to which one side is put back. */
const LOST_MS = 15_000;

/** Puts the books back to a moment, then Temporal, each without the other, and has both made whole by the commands alone. */
export async function drillRestore(drilled: Drilled): Promise<readonly Phase[]> {
  return [await restoreBooks(drilled), await restoreTemporal(drilled)];
}

function restoreBooks(drilled: Drilled): Promise<Phase> {
  const uses = partsOf(drilled, (name) => name.startsWith('api-') || name.startsWith('worker-'));
  return restore(drilled, { name: 'books older', databases: ['countersign'], uses });
}

function restoreTemporal(drilled: Drilled): Promise<Phase> {
  const uses = partsOf(drilled, (name) => name.startsWith('temporal-'));
  return restore(drilled, { name: 'Temporal older', databases: TEMPORAL_DATABASES, uses });
}

function partsOf({ system }: Drilled, wanted: (name: string) => boolean): readonly KeptPart<string>[] {
  return [...system.parts].filter(([name]) => wanted(name)).map(([, part]) => part);
}

interface Side {
  readonly name: string;
  readonly databases: readonly string[];
  /** Whoever is connected to these databases. */
  readonly uses: readonly KeptPart<string>[];
}

function restore(drilled: Drilled, { name, databases, uses }: Side): Promise<Phase> {
  const { system, log } = drilled;
  return phase(drilled, name, async () => {
    const since = new Date();
    await whileDown(uses, () => onServer(system.ownerUrl, databases.flatMap(copied)));
    await system.untilReady();
    log(`${name}: copied as of ${since.toISOString()}, orders go on`);
    await sleep(LOST_MS);
    await whileDown(uses, () => onServer(system.ownerUrl, databases.flatMap(putBack)));
    await system.untilReady();
    const { output: differences } = await system.ops('reconcile', '--since', since.toISOString());
    log(`${name}: put back. ${differences.split('\n')[0] ?? ''}`);
    const restored = await system.ops('restore', '--from', since.toISOString(), '--because', 'the drill');
    log(`${name}: ${restored.output.split('\n').at(-1) ?? ''}`);
    return `put back by ${((Date.now() - since.getTime()) / 1000).toFixed(0)} s, ops restore --from`;
  });
}

async function whileDown(uses: readonly KeptPart<string>[], work: () => Promise<void>): Promise<void> {
  await Promise.all(uses.map((part) => part.pause()));
  await work();
  for (const part of uses) part.resume();
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
