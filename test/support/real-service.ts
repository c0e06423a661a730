import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createApp } from '../../api/app.ts';
import { openDemoIssuer } from '../../api/auth/demo-issuer.ts';
import type { Party } from '../../api/auth/tokens.ts';
import { buildDeps } from '../../api/build-deps.ts';
import type { ApiDeps } from '../../api/deps.ts';
import { LIMITS, serve } from '../../api/serve.ts';
import { openOffice } from '../../office/open.ts';
import { seedDemo } from '../../office/seed.ts';
import { parseServiceSettings } from '../../platform/settings.ts';
import { testDatabase, type TestDatabase } from './database.ts';
import { runFolder } from './run.ts';
import { testTemporal } from './temporal.ts';
import { startWorker } from './worker.ts';

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // Tests read what the contract promises; a wrong shape fails where it is read.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

/** API and worker as their processes build them, pools and all, over the run's real servers. */
export interface RealService {
  readonly url: string;
  readonly database: TestDatabase;
  ask(method: string, path: string, options?: { as?: string; body?: unknown; key?: string }): Promise<Answered>;
  close(): Promise<void>;
}

export interface RealServiceOptions {
  /** More settings, such as the size of the pools; given the database's URL as its owner. */
  readonly settings?: (url: string) => Record<string, string>;
  /** What stands between the API and its database; and the worker and its. Default: nothing. */
  readonly apiUrl?: (url: string, ownersUrl: string) => Promise<string> | string;
  readonly workerUrl?: (url: string) => Promise<string> | string;
  readonly withWorker?: boolean;
  /** Breaks steps on purpose. */
  readonly activities?: Parameters<typeof startWorker>[2];
  /** Further parties who sign in as the demo parties do. */
  readonly parties?: readonly Party[];
}

/** Caller and API share one process: one that was busy for a while must not write on a connection that the other has just closed. */
const KEPT = { ...LIMITS, keepAliveMs: 300_000 };

/** Opens it with the demo parties. */
export async function realService(options: RealServiceOptions = {}): Promise<RealService> {
  const { apiUrl = (url) => url, workerUrl = (url) => url, withWorker = true } = options;
  const [database, temporal] = await Promise.all([testDatabase(), testTemporal()]);
  await seedDemo(database.orm);
  const dataDir = mkdtempSync(join(runFolder(), 'real-service-'));
  const settingsAt = (databaseUrl: string) =>
    parseServiceSettings({
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      DATA_DIR: dataDir,
      PORT: '1',
      EMBEDDED: 'true',
      LOG_LEVEL: process.env['TEST_LOG'] ?? 'silent',
      POST_WAIT_MS: '2000',
      ...options.settings?.(database.url),
    });
  const built = await buildDeps(settingsAt(await apiUrl(database.serviceUrl, database.url)));
  const deps = await withParties(built.deps, join(dataDir, 'keys'), options.parties ?? []);
  const api = await serve(createApp(deps), { host: '127.0.0.1', port: 0 }, KEPT);
  const office = withWorker ? await openOffice(settingsAt(await workerUrl(database.serviceUrl)), 'worker') : undefined;
  const steps = { clock: () => new Date(), checkLifetimeMs: 30 * 86_400_000 };
  const worker = office && (await startWorker(temporal, { ...office, ...steps }, options.activities));
  const tokens = new Map((await deps.demoTokens?.())?.map(({ party, token }) => [party, token]));
  return {
    url: api.url,
    database,
    async ask(method, path, { as = 'buyer-ada', body, key } = {}) {
      const response = await fetch(`${api.url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${tokens.get(as)}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(key !== undefined && { 'idempotency-key': key }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return { status: response.status, headers: response.headers, body: await response.json() };
    },
    async close() {
      await worker?.stop();
      await office?.close();
      built.deps.events.close();
      await api.close();
      await built.close();
      await database.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The demo issuer's key lies in the service's folder: whoever opens it can issue tokens for others, too. */
async function withParties(deps: ApiDeps, keyFolder: string, parties: readonly Party[]): Promise<ApiDeps> {
  const { demoTokens } = deps;
  if (!demoTokens || parties.length === 0) return deps;
  const issuer = await openDemoIssuer(keyFolder);
  const tokens = parties.map(async (party) => ({
    party: party.id,
    role: party.role,
    token: await issuer.issue(party),
  }));
  const further = await Promise.all(tokens);
  // These are asked for by name, with what their tokens say: those that the service knows by itself as well are left out there.
  const isFurther = ({ party }: { party: string }) => parties.some(({ id }) => id === party);
  return { ...deps, demoTokens: async () => [...(await demoTokens()).filter((one) => !isFurther(one)), ...further] };
}
