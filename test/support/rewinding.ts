import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { startTemporal } from '../../platform/embedded/temporal.ts';
import type { TestDatabase } from './database.ts';
import { freePort } from './ports.ts';
import { announced, runFolder } from './run.ts';
import { databaseUrl, type TestPostgres } from './servers.ts';
import type { OrderServer } from './temporal.ts';

/* What a restore from a backup leaves: the database, or Temporal, as it was at an older moment, under the processes that go on. */

/** Something that can be put back to the moment at which it was kept. */
export interface Rewindable {
  keep(): Promise<void>;
  rewind(): Promise<void>;
}

/** The books. Whoever is connected to them is cut off, and connects again. */
export async function rewindableBooks({
  url,
}: Pick<TestDatabase, 'url'>): Promise<Rewindable & { close(): Promise<void> }> {
  const name = new URL(url).pathname.slice(1);
  const kept = `${name}_kept`;
  const { url: server } = await announced<TestPostgres>('postgres');
  const admin = new Client({ connectionString: databaseUrl(server, 'postgres') });
  await admin.connect();
  const alone = async (work: () => Promise<unknown>) => {
    await admin.query(`alter database ${name} with allow_connections false`);
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    await work();
    await admin.query(`alter database ${name} with allow_connections true`);
  };
  return {
    keep: () => alone(() => admin.query(`create database ${kept} template ${name}`)),
    rewind: () =>
      alone(async () => {
        await admin.query(`drop database ${name} with (force)`);
        await admin.query(`create database ${name} template ${kept}`);
      }),
    async close() {
      await admin.query(`drop database if exists ${kept}`);
      await admin.end();
    },
  };
}

/** A Temporal server of one's own. It is down while it is kept or rewound: workers are stopped before. */
export async function rewindableTemporal(): Promise<Rewindable & OrderServer & { stop(): Promise<void> }> {
  const folder = mkdtempSync(join(runFolder(), 'own-temporal-'));
  const kept = `${folder}-kept`;
  const state = join(folder, 'temporal.db');
  const port = await freePort();
  const start = () => startTemporal({ port, databaseFile: state, logFile: `${folder}.log` });
  let server = await start();
  const whileDown = async (work: () => void) => {
    await server.stop();
    work();
    server = await start();
  };
  return {
    address: server.address,
    namespace: 'default',
    keep: () => whileDown(() => cpSync(folder, kept, { recursive: true })),
    rewind: () =>
      whileDown(() => {
        // The log of its writes belongs to its state.
        for (const file of readdirSync(folder)) rmSync(join(folder, file));
        cpSync(kept, folder, { recursive: true });
      }),
    stop: () => server.stop(),
  };
}
