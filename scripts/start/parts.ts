import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asUnreachable } from '../../office/reachability.ts';
import { seedDemo } from '../../office/seed.ts';
import { seedSites } from '../../office/seed-sites.ts';
import { startOwnProcess } from '../../platform/embedded/own-process.ts';
import { startPostgres } from '../../platform/embedded/postgres.ts';
import { supervise, superviseOptional, type Part, type StartPart } from '../../platform/embedded/supervise.ts';
import { startTemporal } from '../../platform/embedded/temporal.ts';
import { loginOf, withLogin } from '../../platform/logins/kept-login.ts';
import { ownerOf, prepareDatabase, type DatabaseSettings } from '../../platform/logins/prepare-database.ts';
import { mayMakeDatabases } from '../../platform/logins/site-database.ts';
import { connectOrm } from '../../platform/orm.ts';
import type { Settings } from '../../platform/settings.ts';
import { prepareTemporal } from '../../platform/temporal-preparation.ts';
import { compileCache } from './compile-cache.ts';
import { apiUrl } from './greeting.ts';
import type { PartName, Shutdown } from './shutdown.ts';
import { planSites, registrationsOf, type Site, type StartedSite } from './site-plan.ts';
import { siteDatabase, startSite } from './sites.ts';

/**
 * Starts every part, each when what it needs is there. Stops going on when the shutdown has begun. Returns the sites that run
 * beside the office; one that does not come up is said and tried again, and holds up nobody for long.
 */
export async function startParts(settings: Settings, shutdown: Shutdown): Promise<readonly StartedSite[]> {
  const [found, temporal] = await Promise.all([findDatabase(settings, shutdown), temporalServer(settings, shutdown)]);
  if (shutdown.began) return [];
  const databaseUrl = await migrated(found);
  const sites = await sitesToRun(settings, found);
  if (settings.embedded) await seed(found, databaseUrl, sites);
  const env = {
    ...withoutOwner(temporal),
    PORT: String(settings.port),
    HOST: settings.host,
    DATA_DIR: settings.dataDir,
    DATABASE_URL: databaseUrl,
    ...(settings.directUrl !== undefined && {
      DATABASE_DIRECT_URL: withLogin(settings.directUrl, loginOf(databaseUrl)),
    }),
    SITE_PRIVATE_TARGETS: [...settings.privateSites, ...sites.map(({ url }) => url)].join(),
    EMBEDDED: String(settings.embedded),
    NODE_COMPILE_CACHE: compileCache(settings),
  };
  const start = (name: PartName, part: StartPart): Promise<void> =>
    shutdown.start(name, () => supervise(name, part, say));
  const beside = sites.map((site) => startBeside(site, found, settings, shutdown));
  await Promise.all([
    start('worker', (signal) => worker(settings, env, signal)),
    start('api', (signal) => api(settings, env, signal)),
  ]);
  const late = sleep(PATIENCE_WITH_SITES_MS, false, { ref: false });
  return Promise.all(sites.map(async (site, at) => ({ ...site, up: await Promise.race([beside[at] ?? false, late]) })));
}

/** The office works without them: its greeting does not wait for one that hangs. */
const PATIENCE_WITH_SITES_MS = 5_000;

/** Whether the site came up at its first start. If not, it is tried again. */
async function startBeside(
  site: Site,
  found: DatabaseSettings,
  settings: Settings,
  shutdown: Shutdown,
): Promise<boolean> {
  let databaseUrl: string | undefined;
  const start: StartPart = async (signal) => {
    databaseUrl ??= await siteDatabase(site, found);
    return startSite(site, databaseUrl, settings, signal);
  };
  let first = Promise.resolve(false);
  await shutdown.start(site.name, async () => {
    const part = superviseOptional(site.name, start, say);
    ({ first } = part);
    return part;
  });
  return first;
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
    TEMPORAL_UI_URL: settings.temporalUiUrl ?? `http://127.0.0.1:${options.uiPort}`,
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

/** Migrated as its owner. Returns its address for the service's own login. */
async function migrated(database: DatabaseSettings): Promise<string> {
  const { databaseUrl, migrations, notes } = await prepareDatabase(database).catch((error: unknown) => {
    const { setting, url } = ownerOf(database);
    throw asUnreachable(error, setting, url);
  });
  if (migrations.length > 0) say(`database: migrated (${migrations.length})`);
  for (const note of notes) say(`database: ${note}`);
  return databaseUrl;
}

/** None where the settings leave them out, or where the owner of the database may not make theirs. */
async function sitesToRun(settings: Settings, database: DatabaseSettings): Promise<readonly Site[]> {
  if (!settings.embedded || !settings.sites) return [];
  const owner = ownerOf(database);
  if (database.ownServer || (await mayMakeDatabases(owner))) return planSites(settings);
  say(
    `sites: left out, as by SITES=off: the login of ${owner.setting} may not make their databases (CREATEDB, CREATEROLE)`,
  );
  return [];
}

/** The demo parties, and those whose servers run beside the office. */
async function seed(database: DatabaseSettings, url: string, sites: readonly Site[]): Promise<void> {
  const orm = await connectOrm({ url, pooled: database.directUrl !== undefined, poolMax: 1 });
  try {
    await seedDemo(orm);
    const registrations = registrationsOf(sites);
    if (registrations) await seedSites(orm, registrations);
  } finally {
    await orm.close();
  }
}

/** It says itself when it is ready: nothing outside shows that a worker works. */
function worker(settings: Settings, env: NodeJS.ProcessEnv, gaveUp: AbortSignal): Promise<Part> {
  return startOwnProcess({
    main: 'workers/main.ts',
    dataDir: settings.dataDir,
    env,
    logFile: logOf(settings, 'worker'),
    untilReady: (child, signal) => once(child, 'message', { signal }),
    signal: gaveUp,
  });
}

function api(settings: Settings, env: NodeJS.ProcessEnv, gaveUp: AbortSignal): Promise<Part> {
  return startOwnProcess({
    main: 'api/main.ts',
    dataDir: settings.dataDir,
    env,
    logFile: logOf(settings, 'api'),
    // Not `/health/ready`, which also asks for a worker: the API itself is up when it answers.
    untilReady: (_child, signal) => untilAnswering(`${apiUrl(settings)}/health/live`, signal),
    signal: gaveUp,
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
