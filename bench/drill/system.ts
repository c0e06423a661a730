import { spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { deposit } from '../../office/ledger/index.ts';
import { DEMO_BUYERS } from '../../office/seed-data.ts';
import { seedDemo } from '../../office/seed.ts';
import { seedSites } from '../../office/seed-sites.ts';
import { freePort } from '../../platform/embedded/ports.ts';
import { startPostgres } from '../../platform/embedded/postgres.ts';
import { spawnServer } from '../../platform/embedded/spawn-server.ts';
import { prepareDatabase } from '../../platform/logins/prepare-database.ts';
import { connectOrm } from '../../platform/orm.ts';
import { EXTRA_FUNDS_MINOR } from '../chaos/books.ts';
import { keepParts, type KeptPart, type KeptParts } from '../chaos/parts.ts';
import { SITE_PARTS } from '../chaos/plan.ts';
import { planSite, registrationsOf, type ChaosSite } from '../chaos/sites.ts';
import type { Judged } from '../chaos/verdict.ts';
import { opsWith, succeeded, type Ops } from './ops.ts';
import { planCluster, SERVICES } from './temporal-cluster.ts';
import type { TemporalPrograms } from './temporal-programs.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

export const DEPLOYMENT = 'countersign';
const NAMESPACE = 'countersign';
const APIS = 2;
const WORKERS = 3;

/** The whole production shape as real processes on this machine: docs/production.md without its containers. */
export interface DrillSystem extends Judged {
  readonly temporalNamespace: string;
  readonly apiUrls: readonly string[];
  readonly ops: Ops;
  /** By name: `api-1`, `worker-2`, `temporal-history`, `database`, … */
  readonly parts: ReadonlyMap<string, KeptPart<string>>;
  /** Starts the workers of another build beside those that run, and keeps them. */
  startWorkers(build: string): Promise<readonly KeptPart<string>[]>;
  /** Ends the workers of a build for good. */
  stopWorkers(build: string): Promise<void>;
  /** Resolves once Temporal answers, whether or not anybody else runs. */
  untilTemporalAnswers(): Promise<void>;
  /** Resolves once every API says that it is ready. */
  untilReady(): Promise<void>;
  readonly stop: () => Promise<void>;
}

/** The kind of a part: `api` for `api-2`, `worker` for `worker-v2-1`. */
export function kindOf(part: string): string {
  return part.replace(/(-v\d+)?-\d+$/, '');
}

export interface SystemOptions {
  readonly programs: TemporalPrograms;
  /** Of the first workers. */
  readonly build: string;
  readonly log: (line: string) => void;
  /** Gets what stops the system before its first part starts, for whoever is interrupted. */
  readonly started: (stop: () => Promise<void>) => void;
}

/** Starts everything below one folder. */
export async function startSystem(folder: string, options: SystemOptions): Promise<DrillSystem> {
  mkdirSync(folder, { recursive: true });
  const kept = keepParts<string>();
  const commands = new AbortController();
  const stop = (): Promise<void> => {
    commands.abort();
    return kept.stop();
  };
  options.started(stop);
  try {
    return await startParts({ ...options, folder, kept, signal: commands.signal, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Starting extends SystemOptions {
  readonly folder: string;
  readonly kept: KeptParts<string>;
  /** Ends a command that runs. */
  readonly signal: AbortSignal;
  readonly stop: () => Promise<void>;
}

async function startParts(starting: Starting): Promise<DrillSystem> {
  const { folder, programs, build, log, kept, signal, stop } = starting;
  const { parts, keep } = kept;
  log('PostgreSQL');
  const postgres = { dataDir: join(folder, 'postgres'), port: await freePort() };
  let ownerUrl = '';
  await keep('database', async () => {
    const started = await startPostgres(postgres);
    ownerUrl = started.url;
    return started.process;
  });
  log('Temporal: schema, then four services');
  const cluster = await planCluster(programs, { folder, ownerUrl });
  for (const service of SERVICES) await keep(`temporal-${service}`, () => cluster.start(service));
  await cluster.untilAnswers();
  const sites: ChaosSite[] = [];
  for (const part of SITE_PARTS) sites.push(await planSite(part, { folder, ownerUrl, port: await freePort() }));
  const databaseUrl = await prepareBooks(ownerUrl, folder, sites);
  const apiPorts: number[] = [];
  for (let count = 0; count < APIS; count += 1) apiPorts.push(await freePort());
  const env = environment({ folder, databaseUrl, temporalAddress: cluster.address, sites });
  migrate({ ...env, DATABASE_OWNER_URL: ownerUrl });
  const program = (name: string, entry: string, own: NodeJS.ProcessEnv): Promise<ChildProcess> => {
    const command = { file: process.execPath, args: [join(PROJECT, entry, 'main.ts')] };
    return Promise.resolve(spawnServer(command, { logFile: join(folder, `${name}.log`), env: { ...env, ...own } }));
  };
  log(`${APIS} APIs, ${WORKERS} workers of build ${build}, two sites`);
  for (const [index, port] of apiPorts.entries())
    await keep(`api-${index + 1}`, () => program(`api-${index + 1}`, 'api', { PORT: String(port) }));
  const apiUrls = apiPorts.map((port) => `http://127.0.0.1:${port}`);
  const workers = new Map<string, readonly KeptPart<string>[]>();
  const startWorkers = async (version: string): Promise<readonly KeptPart<string>[]> => {
    const own = { WORKER_DEPLOYMENT_NAME: DEPLOYMENT, WORKER_BUILD_ID: version };
    const ofVersion: KeptPart<string>[] = [];
    for (let count = 1; count <= WORKERS; count += 1) {
      const name = version === build ? `worker-${count}` : `worker-${version}-${count}`;
      ofVersion.push(await keep(name, () => program(name, 'workers', own)));
    }
    workers.set(version, ofVersion);
    return ofVersion;
  };
  await startWorkers(build);
  const ops = opsWith(env, signal);
  const system: DrillSystem = {
    ownerUrl,
    temporalAddress: cluster.address,
    temporalNamespace: NAMESPACE,
    sites,
    apiUrls,
    ops,
    parts,
    startWorkers,
    async stopWorkers(version) {
      for (const part of workers.get(version) ?? []) await part.stop();
    },
    untilTemporalAnswers: () => cluster.untilAnswers(),
    untilReady: () => untilReady(apiUrls),
    stop,
  };
  // No order begins before a build is current, and readiness says so.
  await deployed(ops, build, log);
  await system.untilReady();
  for (const { part, start } of sites) await keep(part, () => start(apiUrls[0] ?? ''));
  return system;
}

async function deployed(ops: Ops, build: string, log: (line: string) => void): Promise<void> {
  const said = await ops('deploy', build, '--wait', '300');
  succeeded(said, `ops deploy ${build}`);
  log(said.output.split('\n')[0] ?? '');
}

/** Returns the address for the service's login. */
async function prepareBooks(ownerUrl: string, dataDir: string, sites: readonly ChaosSite[]): Promise<string> {
  const { databaseUrl } = await prepareDatabase({ databaseUrl: ownerUrl, dataDir, ownServer: true });
  const orm = await connectOrm({ url: databaseUrl, poolMax: 1 });
  await seedDemo(orm);
  await seedSites(orm, registrationsOf(sites));
  const [{ id: accountId }] = DEMO_BUYERS;
  await deposit(orm, { accountId, amount: { amount: Number(EXTRA_FUNDS_MINOR), currency: 'EUR' }, key: 'chaos' });
  await orm.close();
  return databaseUrl;
}

function environment(place: {
  readonly folder: string;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly sites: readonly ChaosSite[];
}): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    DATABASE_URL: place.databaseUrl,
    TEMPORAL_ADDRESS: place.temporalAddress,
    TEMPORAL_NAMESPACE: NAMESPACE,
    DATA_DIR: place.folder,
    // For tokens of the demo parties, which play the load.
    EMBEDDED: 'true',
    LOG_LEVEL: 'warn',
    RATE_LIMIT_PER_MINUTE: '1000000',
    POST_WAIT_MS: '5000',
    SITE_PRIVATE_TARGETS: place.sites.map(({ url }) => url).join(','),
  };
}

/** `npm run migrate`: schema, namespace, search attributes. */
function migrate(env: NodeJS.ProcessEnv): void {
  const { status, stderr } = spawnSync(process.execPath, [join(PROJECT, 'scripts', 'migrate.ts')], {
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`npm run migrate failed:\n${stderr}`);
}

const READY_PATIENCE_MS = 300_000;

async function untilReady(apiUrls: readonly string[]): Promise<void> {
  const deadline = Date.now() + READY_PATIENCE_MS;
  for (const url of apiUrls) {
    for (;;) {
      const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
      if (answer?.ok) break;
      if (Date.now() > deadline) throw new Error(`${url} is not ready: ${(await answer?.text()) ?? 'no answer'}`);
      await sleep(250);
    }
  }
}
