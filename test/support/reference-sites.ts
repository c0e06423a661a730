import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import type { TestApi } from '../api/support.ts';
import { runFolder } from './run.ts';
import { siteDatabase } from './site-database.ts';
import { apiKeyOf, register, type SiteRole } from './site-parties.ts';
import { until } from './until.ts';
import { freePort } from './ports.ts';

const MAIN = {
  seller: fileURLToPath(new URL('../../sites/selling-office/main.ts', import.meta.url)),
  distributor: fileURLToPath(new URL('../../sites/distributing-company/main.ts', import.meta.url)),
};

/** A reference server of a party: a process of its own, with a database, a login and a key of its own. */
export interface ReferenceSite {
  readonly party: string;
  readonly url: string;
  /** Its database, as itself. */
  readonly databaseUrl: string;
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export interface ReferenceSiteOptions {
  /** `iss` of the office. */
  readonly issuer: string;
  readonly registration?: Record<string, unknown>;
  readonly env?: Record<string, string>;
}

/** Registers the party and starts its server. Ends with this process at the latest. */
export async function startReferenceSite(
  office: Pick<TestApi, 'ask' | 'url'>,
  role: SiteRole,
  party: string,
  { issuer, registration = {}, env: more = {} }: ReferenceSiteOptions,
): Promise<ReferenceSite> {
  const database = await siteDatabase();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await register(office, role, { party, url }, registration);
  const folder = mkdtempSync(join(runFolder(), `${party}-`));
  const env = {
    SITE_PORT: String(port),
    SITE_DATABASE_URL: database.url,
    SITE_KEY_FILE: join(folder, 'key.json'),
    SITE_PARTY_ID: party,
    OFFICE_URL: office.url,
    OFFICE_ISSUER: issuer,
    OFFICE_API_KEY: await apiKeyOf(office, role, party),
    ...more,
  };
  let running = await run(MAIN[role], env);
  return {
    party,
    url,
    databaseUrl: database.url,
    async kill() {
      running.kill('SIGKILL');
      await ended(running);
    },
    async start() {
      running = await run(MAIN[role], env);
    },
    async close() {
      running.kill('SIGTERM');
      await ended(running);
      await database.close();
    },
  };
}

async function run(main: string, env: Record<string, string>): Promise<ChildProcess> {
  let said = '';
  const child = spawn(process.execPath, [main], { env, stdio: ['pipe', 'pipe', 'pipe', 'ipc'] });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece: Buffer) => (said += String(piece)));
  const [first] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown];
  if (first !== 'ready') throw new Error(`${main} did not start:\n${said}`);
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  await until(() => child.exitCode !== null || child.signalCode !== null);
}

/** What a reference server itself has on record. */
export async function rowsOf({ databaseUrl: url }: ReferenceSite, sql: string, values: unknown[] = []) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql, values)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}
