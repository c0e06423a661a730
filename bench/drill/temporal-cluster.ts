import { execFileSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../platform/embedded/ports.ts';
import { hasEnded, lastLines, spawnServer } from '../../platform/embedded/spawn-server.ts';
import { lazyConnection } from '../../platform/temporal-connection.ts';
import type { TemporalPrograms } from './temporal-programs.ts';

/** The four services of a Temporal cluster, each a process of its own. */
export const SERVICES = ['history', 'matching', 'frontend', 'worker'] as const;
export type Service = (typeof SERVICES)[number];

/** Temporal's two databases, on the server of the books. */
export const TEMPORAL_DATABASES = ['temporal', 'temporal_visibility'] as const;

export interface TemporalCluster {
  /** `127.0.0.1:port` of the frontend. */
  readonly address: string;
  start(service: Service): Promise<ChildProcess>;
  /** Resolves once the frontend answers; throws when it does not within a minute. */
  untilAnswers(): Promise<void>;
}

/** As in docker-compose.yml. */
const HISTORY_SHARDS = 512;
const DYNAMIC_CONFIG = fileURLToPath(new URL('../../deploy/temporal-dynamic-config.yaml', import.meta.url));
const PATIENCE_MS = 120_000;

/** Makes the databases and their schema with Temporal's own tool, and writes the configuration. Starts nothing. */
export async function planCluster(
  programs: TemporalPrograms,
  { folder, ownerUrl }: { readonly folder: string; readonly ownerUrl: string },
): Promise<TemporalCluster> {
  for (const database of TEMPORAL_DATABASES) makeSchema(programs.sqlTool, ownerUrl, database);
  const ports = await rpcPorts();
  const configFile = join(folder, 'temporal.yaml');
  mkdirSync(folder, { recursive: true });
  // JSON is YAML.
  writeFileSync(configFile, JSON.stringify(configuration(ownerUrl, ports), undefined, 2), { mode: 0o600 });
  const address = `127.0.0.1:${ports.frontend.grpcPort}`;
  return {
    address,
    start: async (service) => {
      const args = ['--allow-no-auth', '--config-file', configFile, 'start', '--service', service];
      const logFile = join(folder, `temporal-${service}.log`);
      const child = spawnServer({ file: programs.server, args }, { logFile, env: { PATH: process.env['PATH'] } });
      await sleep(500);
      if (hasEnded(child)) throw new Error(`Temporal's ${service} did not start:\n${lastLines(logFile)}`);
      return child;
    },
    untilAnswers: () => untilAnswers(address, join(folder, 'temporal-frontend.log')),
  };
}

function makeSchema(tool: string, ownerUrl: string, database: string): void {
  const { hostname, port, username, password } = new URL(ownerUrl);
  const run = (...args: string[]): void => {
    const server = ['--plugin', 'postgres12', '--ep', hostname, '--port', port, '--user', username, '--db', database];
    execFileSync(tool, [...server, ...args], { env: { ...process.env, SQL_PASSWORD: password }, stdio: 'pipe' });
  };
  const schema = database === 'temporal' ? 'temporal' : 'visibility';
  run('create');
  run('setup-schema', '-v', '0.0');
  run('update-schema', '--schema-name', `postgresql/v12/${schema}`);
}

type Ports = Record<Service, { readonly grpcPort: number; readonly membershipPort: number }>;

async function rpcPorts(): Promise<Ports> {
  const ports = new Map<Service, Ports[Service]>();
  for (const service of SERVICES) ports.set(service, { grpcPort: await freePort(), membershipPort: await freePort() });
  return Object.fromEntries(ports) as Ports;
}

function configuration(ownerUrl: string, ports: Ports): object {
  const { host, username, password } = new URL(ownerUrl);
  const store = (databaseName: string, maxConns: number): object => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: host,
      connectProtocol: 'tcp',
      user: username,
      password,
      maxConns,
      maxIdleConns: maxConns,
      maxConnLifetime: '1h',
    },
  });
  const rpcAddress = `127.0.0.1:${ports.frontend.grpcPort}`;
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: HISTORY_SHARDS,
      datastores: { default: store('temporal', 20), visibility: store('temporal_visibility', 5) },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: Object.fromEntries(
      SERVICES.map((service) => [service, { rpc: { ...ports[service], bindOnLocalHost: true } }]),
    ),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    publicClient: { hostPort: rpcAddress },
    dynamicConfigClient: { filepath: DYNAMIC_CONFIG, pollInterval: '60s' },
  };
}

async function untilAnswers(address: string, logFile: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await answers(address))) {
    if (Date.now() > deadline) throw new Error(`Temporal's frontend does not answer:\n${lastLines(logFile)}`);
    await sleep(250);
  }
}

/** Asks once: the loop above is the retry. A namespace is looked up in the database and needs every ring of the cluster. */
async function answers(address: string): Promise<boolean> {
  const connection = lazyConnection({ address, connectTimeout: '2 seconds' }, 1);
  try {
    await connection.withDeadline(Date.now() + 2_000, () =>
      connection.workflowService.describeNamespace({ namespace: 'temporal-system' }),
    );
    return true;
  } catch {
    return false;
  } finally {
    await connection.close().catch(() => {});
  }
}
