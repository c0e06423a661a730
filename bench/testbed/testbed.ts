import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { freePort } from '../../platform/embedded/ports.ts';
import { openDemoIssuer, type DemoIssuer } from '../../api/auth/demo-issuer.ts';
import { startTemporal, type EmbeddedTemporal } from '../../platform/embedded/temporal.ts';
import { connectOrm, type Orm } from '../../platform/orm.ts';
import { startChild, type Child } from './child.ts';
import { startDatabase, type BenchDatabase } from './database.ts';
import { registerCrowd, type Crowd } from './parties.ts';
import type { Measured } from './processes.ts';

/** Everything that a measurement needs: a database and a Temporal server of its own, both durable, and parties that trade. */
export interface Testbed {
  readonly folder: string;
  readonly postgres: BenchDatabase;
  readonly temporal: EmbeddedTemporal;
  /** The two servers, as they are measured. */
  readonly servers: readonly Measured[];
  readonly orm: Orm;
  readonly crowd: Crowd;
  readonly issuer: DemoIssuer;
  clientOf(namespace: string): Client;
  /** Starts a process with the settings that make it find the servers. */
  start(name: string, entry: string, env?: Record<string, string>): Child;
  close(): Promise<void>;
}

export interface TestbedOptions {
  readonly crowd: Crowd;
  readonly namespaces: readonly string[];
  readonly profileFolder?: string;
}

/** Opens a testbed in a new temporary folder, which is removed when it closes. */
export async function openTestbed({ crowd, namespaces, profileFolder }: TestbedOptions): Promise<Testbed> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  chmodSync(folder, 0o755);
  const postgres = await startDatabase(join(folder, 'postgres'));
  const temporal = await startTemporal({
    port: await freePort(),
    databaseFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'temporal.log'),
    namespaces,
  });
  const orm = await connectOrm({ url: postgres.serviceUrl, poolMax: 2, applicationName: 'countersign-bench' });
  await registerCrowd(orm, crowd);
  const connection = await Connection.connect({ address: temporal.address });
  const children: Child[] = [];
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir);
  const common = {
    DATABASE_URL: postgres.serviceUrl,
    TEMPORAL_ADDRESS: temporal.address,
    DATA_DIR: dataDir,
    EMBEDDED: 'true',
    RATE_LIMIT_PER_MINUTE: '1000000',
    POST_WAIT_MS: '60000',
  };
  const testbed: Testbed = {
    folder,
    postgres,
    temporal,
    servers: [
      { name: 'temporal', pid: temporal.pid },
      { name: 'postgres', pid: postgres.pid },
    ],
    orm,
    crowd,
    issuer: await openDemoIssuer(join(dataDir, 'keys')),
    clientOf: (namespace) => new Client({ connection, namespace }),
    start(name, entry, env = {}) {
      const logFile = join(folder, `${name}.log`);
      const child = startChild({ name, entry, env: { ...common, ...env }, logFile, profileFolder });
      children.push(child);
      return child;
    },
    async close() {
      await Promise.all(children.map((child) => child.stop()));
      await connection.close();
      await orm.close();
      await Promise.all([temporal.stop(), postgres.stop()]);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  closeOnSignal(testbed);
  return testbed;
}

/** An interrupted bench leaves no server behind. */
function closeOnSignal(testbed: Testbed): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void testbed.close().finally(() => process.exit(1)));
  }
}
