import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { loginRights } from '../../platform/logins/login-rights.ts';
import { announced, runFolder } from '../support/run.ts';
import { productionDatabase } from '../support/server-account.ts';
import type { TestTemporal } from '../support/servers.ts';
import { freePort, run, type Started } from './support.ts';
import { startIssuer, type Issuer } from './token-issuer.ts';
import { PATIENCE_MS, until } from '../support/until.ts';

let database: Awaited<ReturnType<typeof productionDatabase>>;
let issuer: Issuer;
let folder: string;
let settings: Record<string, string>;
const started: Started[] = [];
/** Two APIs; the second shows its metrics at this address of their own. */
let apis: readonly [beside: string, apart: string];
let metricsAddress: string;

beforeAll(async () => {
  database = await productionDatabase();
  issuer = await startIssuer();
  folder = mkdtempSync(join(runFolder(), 'production-'));
  settings = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: (await announced<TestTemporal>('temporal')).address,
    TEMPORAL_NAMESPACE: `production-${process.pid}`,
    DATA_DIR: join(folder, 'nowhere'),
    MASTER_KEY_FILE: join(folder, 'secrets/keys/master-key.json'),
    ECHECK_KEYS_FILE: join(folder, 'secrets/keys/echeck-keys.json'),
    ...issuer.settings,
  };
  await run('scripts/make-secrets.ts', {}, [folder]).ended();
});
afterAll(async () => {
  for (const { child } of started) child.kill('SIGKILL');
  await Promise.all(started.map((process) => process.ended()));
  issuer.close();
  await database.drop();
  rmSync(folder, { recursive: true });
});

function start(main: string, changes: Record<string, string> = {}): Started {
  const process = run(main, { ...settings, ...changes });
  started.push(process);
  return process;
}

const allSaid = () => started.map((process) => process.output()).join('\n');

async function startApi(changes: Record<string, string> = {}): Promise<string> {
  const PORT = await freePort();
  start('api/main.ts', { PORT, ...changes });
  const url = `http://127.0.0.1:${PORT}`;
  const isReady = async (): Promise<boolean> =>
    (await fetch(`${url}/health/ready`).catch(() => undefined))?.ok ?? false;
  await until(isReady, { seen: allSaid, patienceMs: 2 * PATIENCE_MS });
  return url;
}

/** One request in somebody's name. Throws when it is refused. */
async function ask(
  method: string,
  url: string,
  as: [party: string, role: string],
  body?: object,
): Promise<Record<string, unknown>> {
  const headers = {
    Authorization: `Bearer ${await issuer.token(...as)}`,
    'Content-Type': 'application/json',
    'Idempotency-Key': `key-${url}-${method}`,
  };
  const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return JSON.parse(text || '{}');
}

const OPERATOR: [string, string] = ['operator-1', 'operator'];
const BUYER: [string, string] = ['buyer-1', 'buyer'];
const DISTRIBUTOR: [string, string] = ['distributor-1', 'distributor'];

async function registerEverybody(api: string): Promise<void> {
  const price = { amount: 250, currency: 'EUR' };
  const terms = {
    countries: ['DE'],
    timeZone: 'Europe/Berlin',
    weekdays: [1, 2, 3, 4, 5, 6, 7],
    window: { fromHour: 0, toHour: 24 },
    maxWeightGrams: 10_000,
  };
  await ask('PUT', `${api}/v1/registry/sellers/seller-1`, OPERATOR, {
    name: 'Salt & Co',
    commodities: [{ sku: 'salt', name: 'Salt', price, weightGrams: 500, handlingHours: 1 }],
  });
  await ask('PUT', `${api}/v1/registry/distributors/distributor-1`, OPERATOR, { name: 'Cart', terms });
  await ask('POST', `${api}/v1/accounts`, OPERATOR, { id: 'buyer-1', currency: 'EUR' });
  await ask('POST', `${api}/v1/accounts/buyer-1/deposits`, OPERATOR, { amount: { amount: 1000, currency: 'EUR' } });
}

const ORDER = {
  sellerId: 'seller-1',
  distributorId: 'distributor-1',
  lines: [{ sku: 'salt', quantity: 2 }],
  deliverTo: { name: 'Bo', street: 'Markt 1', city: 'Jena', postalCode: '07743', country: 'DE' },
};

describe("the production shape: separate processes, somebody else's database, Temporal and token issuer", () => {
  test.each([
    ['api/main.ts', { DATABASE_URL: '' }, 'DATABASE_URL is missing'],
    ['workers/main.ts', { DATABASE_URL: '' }, 'DATABASE_URL is missing'],
    ['scripts/migrate.ts', { DATABASE_URL: '' }, 'DATABASE_URL is missing'],
  ])('%s with %j says in one line what is missing', async (main, changes, line) => {
    const process = start(main, changes);
    expect(await process.ended()).toBe(1);
    expect(process.output().trim().split('\n')).toEqual([expect.stringContaining(line)]);
  });

  test('the migration job, alone given the owner, prepares an empty database and an unknown namespace, and can be repeated', async () => {
    const job = start('scripts/migrate.ts', { DATABASE_OWNER_URL: database.ownerUrl });
    expect([await job.ended(), job.output()]).toEqual([0, expect.stringMatching(/migrated 0001.*\ntemporal: ready/s)]);
    const again = start('scripts/migrate.ts', { DATABASE_OWNER_URL: database.ownerUrl });
    expect([await again.ended(), again.output()]).toEqual([0, 'database: up to date\ntemporal: ready for orders\n']);
  });

  test("the service's login, made as Compose makes it, cannot become more, nor make anything", async () => {
    const service = new Client({ connectionString: database.url });
    await service.connect();
    expect(await loginRights(async (sql) => (await service.query(sql)).rows)).toMatchObject({ lacks: [], exceeds: [] });
    const { username: owner } = new URL(database.ownerUrl);
    const attempts = [
      `set role ${owner}`,
      'set role countersign_app; set role postgres',
      `reset role; alter table transfers disable trigger transfers_apply`,
      `grant ${owner} to current_user`,
      'create table mine (n int)',
      'create temporary table mine (n int)',
      'create schema mine',
      'select lo_create(0)',
      'update accounts set balance = 1',
      `copy (select 1) to program 'cat'`,
    ];
    for (const sql of attempts)
      await expect(service.query(sql)).rejects.toThrow(/permission denied|must be owner|does not exist/);
    await service.end();
  });

  test.each(['api/main.ts', 'workers/main.ts'])('%s does not start as the owner of the database', async (main) => {
    const process = start(main, { DATABASE_URL: database.ownerUrl });
    expect(await process.ended()).toBe(1);
    expect(process.output().trim().split('\n')).toEqual([
      expect.stringMatching(
        /^DATABASE_URL: the login production_\w+ owns the database, owns .*: set DATABASE_URL to a login .*DATABASE_OWNER_URL/,
      ),
    ]);
  });

  test('the API does not start without an issuer of access tokens', async () => {
    const api = start('api/main.ts', { TOKEN_ISSUER: '', TOKEN_JWKS_URL: '' });
    expect(await api.ended()).toBe(1);
    expect(api.output()).toContain('TOKEN_ISSUER is missing: name the issuer of the access tokens');
  });

  test('an order goes from one API process through a worker to completed, and the other API process shows it', async () => {
    start('workers/main.ts');
    metricsAddress = `127.0.0.1:${await freePort()}`;
    const [api, otherApi] = await Promise.all([startApi(), startApi({ METRICS_ADDRESS: metricsAddress })]);
    apis = [api, otherApi];
    expect((await fetch(`${api}/dev/tokens`)).status).toBe(404);
    await registerEverybody(api);

    const id = String((await ask('POST', `${api}/v1/orders`, BUYER, ORDER))['id']);
    const order = (): Promise<Record<string, unknown>> => ask('GET', `${otherApi}/v1/orders/${id}`, BUYER);
    const untilStage = (stage: string): Promise<unknown> =>
      until(async () => (await order())['stage'] === stage, { seen: allSaid });
    await untilStage('scheduled');
    await ask('POST', `${api}/v1/orders/${id}/distribution-events`, DISTRIBUTOR, {
      eventId: 'event-1',
      kind: 'delivered',
      occurredAt: new Date().toISOString(),
    });
    await untilStage('completed');
    expect(await order()).toMatchObject({ payment: { status: 'settled', amount: { amount: 500, currency: 'EUR' } } });
  });

  test('the metrics are at their own address where one is set, and no longer beside the API', async () => {
    const [beside, apart] = apis;
    const statuses = [beside, apart].map(async (url) => (await fetch(`${url}/metrics`)).status);
    expect(await Promise.all(statuses)).toEqual([200, 404]);
    const own = await fetch(`http://${metricsAddress}/metrics`);
    expect([own.status, await own.text()]).toEqual([
      200,
      expect.stringContaining('http_request_duration_seconds_bucket'),
    ]);
    expect((await fetch(`http://${metricsAddress}/health/live`)).status).toBe(404);
  });

  test("nothing is written beside the database: the containers' file system is read-only", () => {
    expect(existsSync(settings['DATA_DIR'] ?? '')).toBe(false);
  });

  test('SIGTERM ends every process with code 0', async () => {
    const running = started.filter(({ child }) => child.exitCode === null);
    expect(running).toHaveLength(3);
    for (const { child } of running) child.kill('SIGTERM');
    expect(await Promise.all(running.map((process) => process.ended()))).toEqual([0, 0, 0]);
  });
});
