import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asUnreachable } from '../../office/reachability.ts';
import { seedDemo } from '../../office/seed.ts';
import { startOwnProcess } from '../../platform/embedded/own-process.ts';
import { startPostgres } from '../../platform/embedded/postgres.ts';
import { supervise, type Part } from '../../platform/embedded/supervise.ts';
import { startTemporal } from '../../platform/embedded/temporal.ts';
import { loginOf, withLogin } from '../../platform/logins/kept-login.ts';
import { ownerOf, prepareDatabase, type DatabaseSettings } from '../../platform/logins/prepare-database.ts';
import { connectOrm } from '../../platform/orm.ts';
import type { Settings } from '../../platform/settings.ts';
import { prepareTemporal } from '../../platform/temporal-preparation.ts';
import { compileCache } from './compile-cache.ts';
import { apiUrl } from './greeting.ts';
import type { PartName, Shutdown } from './shutdown.ts';

/** Starts every part, each when what it needs is there. Stops going on when the shutdown has begun. */
export async function startParts(settings: Settings, shutdown: Shutdown): Promise<void> {
  const [found, temporal] = await Promise.all([findDatabase(settings, shutdown), temporalServer(settings, shutdown)]);
  if (shutdown.began) return;
  const databaseUrl = await readyDatabase(found, settings.embedded);
  const env = {
    ...withoutOwner(temporal),
    PORT: String(settings.port),
    HOST: settings.host,
    DATA_DIR: settings.dataDir,
    DATABASE_URL: databaseUrl,
    ...(settings.directUrl !== undefined && {
      DATABASE_DIRECT_URL: withLogin(settings.directUrl, loginOf(databaseUrl)),
    }),
    EMBEDDED: String(settings.embedded),
    NODE_COMPILE_CACHE: compileCache(settings),
  };
  const start = (name: PartName, part: () => Promise<Part>): Promise<void> =>
    shutdown.start(name, () => supervise(name, part, say));
  await Promise.all([start('worker', () => worker(settings, env)), start('api', () => api(settings, env))]);
}

/** The database and its owner: the one of the settings, else one that we start. */
async function findDatabase(settings: Settings, shutdown: Shutdown): Promise<DatabaseSettings> {
  if (settings.databaseUrl !== undefined) return { ...settings, databaseUrl: settings.databaseUrl };
  say('database: starting');
  let url = '';
  let port: number | undefined;
  const start = async (): Promise<Part> => {
    const dataDir = join(settings.dataDir, 'postgres');
    const server = await startPostgres({ dataDir, port, logFile: logOf(settings, 'postgres') });
    ({ url } = server);
    // Worker and API know this address: after a crash it must come back under the same.
    port = Number(new URL(url).port);
    return server;
  };
  await shutdown.start('database', () => supervise('database', start, say));
  return { databaseUrl: url, dataDir: settings.dataDir, ownServer: true };
}

/** The environment in which worker and API find Temporal: a server of yours, else one that we start. */
async function temporalServer(settings: Settings, shutdown: Shutdown): Promise<NodeJS.ProcessEnv> {
  const { temporalAddress, temporalNamespace: namespace } = settings;
  if (temporalAddress !== undefined) {
    const advice = await prepareTemporal(settings);
    if (advice !== undefined) say(`temporal: ${advice}`);
    return process.env;
  }
  say('temporal: starting');
  const options = {
    port: settings.temporalPort,
    uiPort: settings.temporalUiPort,
    databaseFile: join(settings.dataDir, 'temporal.db'),
    logFile: logOf(settings, 'temporal'),
    namespaces: namespace === 'default' ? [] : [namespace],
  };
  await shutdown.start('temporal', () => supervise('temporal', () => startTemporal(options), say));
  return {
    ...withoutTemporal(process.env),
    TEMPORAL_ADDRESS: `127.0.0.1:${options.port}`,
    TEMPORAL_NAMESPACE: namespace,
  };
}

/** Profiles and keys of other servers are not for ours. */
function withoutTemporal(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  return { ...Object.fromEntries(others), TEMPORAL_CONFIG_FILE: '/nonexistent' };
}

/** What API and worker are given holds nothing of the owner. */
function withoutOwner(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const owners = ['DATABASE_OWNER_URL', 'DATABASE_OWNER_URL_FILE', 'DATABASE_URL_FILE', 'DATABASE_DIRECT_URL_FILE'];
  return Object.fromEntries(Object.entries(env).filter(([name]) => !owners.includes(name)));
}

/** Migrated as its owner, and with the demo parties. Returns its address for the service's own login. */
async function readyDatabase(database: DatabaseSettings, withDemo: boolean): Promise<string> {
  const { databaseUrl, migrations, notes } = await prepareDatabase(database).catch((error: unknown) => {
    const { setting, url } = ownerOf(database);
    throw asUnreachable(error, setting, url);
  });
  if (migrations.length > 0) say(`database: migrated (${migrations.length})`);
  for (const note of notes) say(`database: ${note}`);
  if (!withDemo) return databaseUrl;
  const pooled = database.directUrl !== undefined;
  const orm = await connectOrm({ url: databaseUrl, pooled, poolMax: 1 });
  try {
    await seedDemo(orm);
  } finally {
    await orm.close();
  }
  return databaseUrl;
}

/** It says itself when it is ready: nothing outside shows that a worker works. */
function worker(settings: Settings, env: NodeJS.ProcessEnv): Promise<Part> {
  return startOwnProcess({
    main: 'workers/main.ts',
    dataDir: settings.dataDir,
    env,
    logFile: logOf(settings, 'worker'),
    untilReady: (child, signal) => once(child, 'message', { signal }),
  });
}

function api(settings: Settings, env: NodeJS.ProcessEnv): Promise<Part> {
  return startOwnProcess({
    main: 'api/main.ts',
    dataDir: settings.dataDir,
    env,
    logFile: logOf(settings, 'api'),
    // Not `/health/ready`, which also asks for a worker: the API itself is up when it answers.
    untilReady: (_child, signal) => untilAnswering(`${apiUrl(settings)}/health/live`, signal),
  });
}

async function untilAnswering(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const response = await fetch(url, { signal }).catch(() => undefined);
    if (response?.ok) return;
    await sleep(50, undefined, { signal });
  }
}

function logOf(settings: Settings, name: string): string {
  return join(settings.dataDir, 'logs', `${name}.log`);
}

function say(line: string): void {
  console.log(line);
}
