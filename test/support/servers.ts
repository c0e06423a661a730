import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { startPostgres } from '../../platform/embedded/postgres.ts';
import { startTemporal } from '../../platform/embedded/temporal.ts';
import { ensureLogin } from '../../platform/logins/make-login.ts';
import { migrate } from '../../platform/migrate.ts';
import { bundleWorkflows } from '../../workers/workflow-bundle.ts';
import { announce } from './run.ts';
import { freePort } from './ports.ts';

/** The migrated, empty database that every test database is a clone of. */
export const TEMPLATE = 'countersign_template';

/** Each test file that runs orders takes one of these, so that it sees only its own. */
export const NAMESPACES = Array.from({ length: 176 }, (_, index) => `test-${index + 1}`);

export interface TestPostgres {
  /** The maintenance database, as its owner. */
  readonly url: string;
}

/** The login of the service on the run's server, as the set-up makes one: it has the application's role and nothing else. */
export const SERVICE = { user: 'countersign_service', password: 'service-of-the-tests' } as const;
export interface TestTemporal {
  readonly address: string;
}

interface Running {
  stop(): Promise<void>;
}
const running: Promise<Running | undefined>[] = [];

/** Starts both servers; the tests learn through announcements in `folder` when they are up. */
export function startTestServers(folder: string): void {
  running.push(announcing(folder, 'postgres', () => startDatabase(folder)));
  running.push(announcing(folder, 'temporal', () => startOrderServer(folder)));
  running.push(announcing(folder, 'workflow-bundle', () => packWorkflows(folder)));
}

export async function stopTestServers(): Promise<void> {
  const servers = await Promise.all(running);
  await Promise.all(servers.map(async (server) => server?.stop()));
}

async function announcing(
  folder: string,
  name: string,
  start: () => Promise<{ ready: unknown } & Running>,
): Promise<Running | undefined> {
  try {
    const server = await start();
    announce(folder, name, { ready: server.ready });
    return server;
  } catch (error) {
    announce(folder, name, { failed: String(error) });
    return undefined;
  }
}

async function startDatabase(folder: string): Promise<{ ready: TestPostgres } & Running> {
  const server = await startPostgres({
    dataDir: join(folder, 'postgres'),
    logFile: join(folder, 'postgres.log'),
    durable: false,
  });
  const admin = new Client({ connectionString: server.url });
  await admin.connect();
  await admin.query(`create database ${TEMPLATE}`);
  await admin.end();
  const template = databaseUrl(server.url, TEMPLATE);
  await migrate(template);
  await ensureLogin({ url: template, setting: 'DATABASE_URL' }, SERVICE, true);
  return { ready: { url: server.url }, stop: () => server.stop() };
}

async function startOrderServer(folder: string): Promise<{ ready: TestTemporal } & Running> {
  const server = await startTemporal({
    port: await freePort(),
    databaseFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'temporal.log'),
    namespaces: NAMESPACES,
    dynamicConfig: DRAINED_AT_ONCE,
  });
  return { ready: { address: server.address }, stop: () => server.stop() };
}

/** A build is called drained as soon as no order runs on it: by default three to six minutes later. */
const DRAINED_AT_ONCE = {
  'matching.wv.VersionDrainageStatusVisibilityGracePeriod': '"2s"',
  'matching.wv.VersionDrainageStatusRefreshInterval': '"2s"',
} as const;

/** Packs the workflows once for every worker of the run. */
async function packWorkflows(folder: string): Promise<{ ready: { codePath: string } } & Running> {
  const { code } = await bundleWorkflows();
  const codePath = join(folder, 'workflow-bundle.cjs');
  writeFileSync(codePath, code);
  return { ready: { codePath }, stop: async () => undefined };
}

/** The same server and user, another database. */
export function databaseUrl(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}
