import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asUnreachable } from '../../office/reachability.ts';
import { seedDemo } from '../../office/seed.ts';
import { startOwnProcess } from '../../platform/embedded/own-process.ts';
import { startPostgres } from '../../platform/embedded/postgres.ts';
import { supervise, type Part } from '../../platform/embedded/supervise.ts';
import { startTemporal } from '../../platform/embedded/temporal.ts';
import { migrate } from '../../platform/migrate.ts';
import { connectOrm } from '../../platform/orm.ts';
import type { Settings } from '../../platform/settings.ts';
import { prepareTemporal } from '../../platform/temporal-preparation.ts';
import { compileCache } from './compile-cache.ts';
import { apiUrl } from './greeting.ts';
import type { PartName, Shutdown } from './shutdown.ts';

/** Starts every part, each when what it needs is there. Stops going on when the shutdown has begun. */
export async function startParts(settings: Settings, shutdown: Shutdown): Promise<void> {
  const [databaseUrl, temporal] = await Promise.all([database(settings, shutdown), temporalServer(settings, shutdown)]);
  if (shutdown.began) return;
  await prepareDatabase(settings.directUrl ?? databaseUrl, settings.embedded);
  const env = {
    ...temporal,
    PORT: String(settings.port),
    HOST: settings.host,
    DATA_DIR: settings.dataDir,
    DATABASE_URL: databaseUrl,
    EMBEDDED: String(settings.embedded),
    NODE_COMPILE_CACHE: compileCache(settings),
  };
  const start = (name: PartName, part: () => Promise<Part>): Promise<void> =>
    shutdown.start(name, () => supervise(name, part, say));
  await Promise.all([start('worker', () => worker(settings, env)), start('api', () => api(settings, env))]);
}

/** The address of the database: the one of the settings, else one that we start. */
async function database(settings: Settings, shutdown: Shutdown): Promise<string> {
  if (settings.databaseUrl !== undefined) return settings.databaseUrl;
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
  return url;
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

async function prepareDatabase(url: string, withDemo: boolean): Promise<void> {
  const ran = await migrate(url).catch((error: unknown) => {
    throw asUnreachable(error, 'DATABASE_URL', url);
  });
  if (ran.length > 0) say(`database: ${ran.length} migrations run`);
  if (!withDemo) return;
  const orm = await connectOrm({ url, poolMax: 1 });
  try {
    await seedDemo(orm);
  } finally {
    await orm.close();
  }
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
