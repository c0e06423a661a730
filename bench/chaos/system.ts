import type { ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deposit } from '../../office/ledger/index.ts';
import { DEMO_BUYERS } from '../../office/seed-data.ts';
import { seedSites } from '../../office/seed-sites.ts';
import { seedDemo } from '../../office/seed.ts';
import { startPostgres } from '../../platform/embedded/postgres.ts';
import { spawnServer } from '../../platform/embedded/spawn-server.ts';
import { startTemporal } from '../../platform/embedded/temporal.ts';
import { prepareDatabase } from '../../platform/logins/prepare-database.ts';
import { connectOrm } from '../../platform/orm.ts';
import { EXTRA_FUNDS_MINOR } from './books.ts';
import { keepParts, type KeptPart, type KeptParts } from './parts.ts';
import { openLink, type Link } from './links.ts';
import { PARTS, SITE_PARTS, type Part, type PlannedDrop } from './plan.ts';
import { planSite, registrationsOf, type ChaosSite } from './sites.ts';
import { freePort } from '../../platform/embedded/ports.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** The whole service as real processes, with all of its state on disk below one folder. */
export interface ChaosSystem {
  readonly apiUrl: string;
  readonly ownerUrl: string;
  readonly temporalAddress: string;
  /** The parties' own servers, where the run has any. */
  readonly sites: readonly ChaosSite[];
  kill(part: Part, downMs: number): void;
  /** Drops every connection of worker and API to the database or to Temporal. */
  drop(link: PlannedDrop['link'], downMs: number): void;
  starts(): Partial<Record<Part, number>>;
  stop(): Promise<void>;
}

export interface SystemOptions {
  readonly withSites: boolean;
  /** Gets what stops the system before its first part starts, for whoever is interrupted. */
  readonly started?: (stop: () => Promise<void>) => void;
}

/** Starts PostgreSQL and Temporal with durable settings, then worker and API, and the sites where wanted, and keeps all of them running. */
export async function startSystem(folder: string, { withSites, started }: SystemOptions): Promise<ChaosSystem> {
  mkdirSync(folder, { recursive: true });
  const kept = keepParts();
  const links: Link[] = [];
  // Worker and API first, so that they do not fill their logs with what is missing.
  const stop = async (): Promise<void> => {
    await kept.stop();
    await Promise.all(links.splice(0).map((link) => link.close()));
  };
  started?.(stop);
  try {
    return await startParts({ folder, withSites, kept, links, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Starting {
  readonly folder: string;
  readonly withSites: boolean;
  readonly kept: KeptParts;
  /** Gets what is to be closed. */
  readonly links: Link[];
  readonly stop: () => Promise<void>;
}

async function startParts({ folder, withSites, kept, links, stop }: Starting): Promise<ChaosSystem> {
  const { parts, keep } = kept;
  const [postgresPort, temporalPort, apiPort] = [await freePort(), await freePort(), await freePort()];
  const postgres = { dataDir: join(folder, 'postgres'), port: postgresPort };
  const temporal = {
    port: temporalPort,
    databaseFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'temporal.log'),
  };
  let ownerUrl = '';
  await keep('database', async () => {
    const started = await startPostgres(postgres);
    ownerUrl = started.url;
    return started.process;
  });
  const sites: ChaosSite[] = [];
  for (const part of withSites ? SITE_PARTS : [])
    sites.push(await planSite(part, { folder, ownerUrl, port: await freePort() }));
  const serviceUrl = await prepare(ownerUrl, folder, sites);
  const temporalAddress = `127.0.0.1:${temporalPort}`;
  // Worker and API reach both servers by links of the run's own; whoever judges at the end does not.
  const ways = { 'database link': await openLink(postgresPort), 'temporal link': await openLink(temporalPort) };
  links.push(...Object.values(ways));
  const env = serviceEnvironment({
    folder,
    databaseUrl: serviceUrl.replace(`:${postgresPort}/`, `:${ways['database link'].port}/`),
    temporalAddress: `127.0.0.1:${ways['temporal link'].port}`,
    apiPort,
    sites,
  });
  const program = (name: string): ChildProcess =>
    spawnServer(
      { file: process.execPath, args: [join(PROJECT, name, 'main.ts')] },
      { logFile: join(folder, `${name}.log`), env },
    );

  await keep('temporal', async () => (await startTemporal(temporal)).process);
  await keep('worker', async () => program('workers'));
  await keep('api', async () => program('api'));
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  for (const { part, start } of sites) await keep(part, () => start(apiUrl));

  return {
    apiUrl,
    ownerUrl,
    temporalAddress,
    sites,
    kill: (part, downMs) => parts.get(part)?.kill(downMs),
    drop: (link, downMs) => ways[link].drop(downMs),
    starts: () => startsOf([...PARTS, ...SITE_PARTS].flatMap((part) => parts.get(part) ?? [])),
    stop,
  };
}

function startsOf(parts: Iterable<KeptPart>): Partial<Record<Part, number>> {
  return Object.fromEntries([...parts].map(({ part, starts }) => [part, starts]));
}

/** Returns the address for the service's login. */
async function prepare(ownerUrl: string, dataDir: string, sites: readonly ChaosSite[]): Promise<string> {
  const { databaseUrl } = await prepareDatabase({ databaseUrl: ownerUrl, dataDir, ownServer: true });
  const orm = await connectOrm({ url: databaseUrl, poolMax: 1 });
  await seedDemo(orm);
  if (sites.length > 0) await seedSites(orm, registrationsOf(sites));
  const [{ id: accountId }] = DEMO_BUYERS;
  await deposit(orm, { accountId, amount: { amount: Number(EXTRA_FUNDS_MINOR), currency: 'EUR' }, key: 'chaos' });
  await orm.close();
  return databaseUrl;
}

function serviceEnvironment(place: {
  folder: string;
  databaseUrl: string;
  temporalAddress: string;
  apiPort: number;
  sites: readonly ChaosSite[];
}): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    DATABASE_URL: place.databaseUrl,
    TEMPORAL_ADDRESS: place.temporalAddress,
    PORT: String(place.apiPort),
    DATA_DIR: place.folder,
    EMBEDDED: 'true',
    LOG_LEVEL: 'warn',
    RATE_LIMIT_PER_MINUTE: '1000000',
    POST_WAIT_MS: '5000',
    ...(place.sites.length > 0 && { SITE_PRIVATE_TARGETS: place.sites.map(({ url }) => url).join(',') }),
  };
}
