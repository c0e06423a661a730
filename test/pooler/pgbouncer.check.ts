import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { ensureLogin } from '../../platform/logins/make-login.ts';
import { prepareDatabase } from '../../platform/logins/prepare-database.ts';
import { connectOrm } from '../../platform/orm.ts';
import { openOffice } from '../../office/open.ts';
import { parseServiceSettings } from '../../platform/settings.ts';
import { realService, type RealService } from '../support/real-service.ts';
import { announced, runFolder } from '../support/run.ts';
import { databaseUrl, type TestPostgres } from '../support/servers.ts';
import { orderFor } from '../support/service.ts';
import { startPgBouncer } from './pgbouncer.ts';
import { until } from '../support/until.ts';

/*
 * The service behind PgBouncer in transaction mode (docs/production.md). Not among `npm test`, for PgBouncer comes from the
 * system's packages:  apt-get install pgbouncer && npm test -- --testMatch '**' + '/*.check.ts'
 */
const ORDERS = 40;

let service: RealService;
let pooler: Awaited<ReturnType<typeof startPgBouncer>>;
let owner: Client;
let unprepared: unknown;
const login = `service_${randomBytes(4).toString('hex')}`;

beforeAll(async () => {
  service = await realService({
    settings: (url) => ({ DATABASE_DIRECT_URL: as(url) }),
    apiUrl: behindPooler,
    workerUrl: () => pooler.url,
  });
});
afterAll(async () => {
  await service.close();
  await pooler.stop();
  await owner.query(`drop owned by ${login}`).catch(() => undefined);
  await owner.end().catch(() => undefined);
});

function as(url: string): string {
  const other = new URL(url);
  [other.username, other.password] = [login, 'pooled'];
  return other.href;
}

/** As the documentation has it: a login in the restricted role, its sessions prepared past the pooler, the service through it. */
async function behindPooler(url: string): Promise<string> {
  const server = await announced<TestPostgres>('postgres');
  const ownerUrl = databaseUrl(server.url, new URL(url).pathname.slice(1));
  owner = new Client({ connectionString: ownerUrl });
  owner.on('error', () => undefined);
  await owner.connect();
  await ensureLogin({ url: ownerUrl, setting: 'DATABASE_OWNER_URL' }, { user: login, password: 'pooled' }, true);
  pooler = await startPgBouncer(as(url));
  const early = await connectOrm({ url: pooler.url, pooled: true });
  unprepared = await early.em.execute('select 1').catch((error: unknown) => error);
  await early.close();
  const settings = { databaseUrl: pooler.url, directUrl: as(url), ownerUrl, dataDir: runFolder() };
  const { notes } = await prepareDatabase(settings);
  expect(notes).toEqual([`sessions of ${login} are prepared for the pooler`]);
  await pooler.stop();
  pooler = await startPgBouncer(as(url));
  return pooler.url;
}

test('before its sessions are prepared nothing works, and what is missing is said', () => {
  expect(String(unprepared)).toMatch(/the pooler's sessions are not prepared \(.*lock_timeout is 0 and not 700/);
});

test('without DATABASE_DIRECT_URL no process starts, and it says what to set', async () => {
  const settings = parseServiceSettings({ DATABASE_URL: pooler.url });
  await expect(openOffice(settings, 'api')).rejects.toThrow(/startup parameter.*set DATABASE_DIRECT_URL as well/);
});

test('orders are placed and complete, more of them at once than the pooler has connections', async () => {
  const posted = await Promise.all(
    Array.from({ length: ORDERS }, (_, index) =>
      service.ask('POST', '/v1/orders', {
        key: `pooled-${index}`,
        body: orderFor({ lines: [{ sku: 'rye-1kg', quantity: 1 }] }),
      }),
    ),
  );
  expect(posted.map(({ status }) => status).filter((status) => status !== 201 && status !== 202)).toEqual([]);
  for (const { body } of posted) {
    await until(
      () => service.ask('GET', `/v1/orders/${body.id}`),
      (answer) => answer.body.stage === 'scheduled',
    );
  }
  const list = await service.ask('GET', '/v1/orders?limit=10');
  const next = await service.ask('GET', `/v1/orders?limit=10&cursor=${list.body.nextCursor}`);
  expect(next.body.data).toHaveLength(10);
  expect((await service.ask('GET', '/health/ready')).body).toMatchObject({ status: 'ready' });
});

test('every session behind the pooler is of the restricted login, with its time-outs', async () => {
  const orm = await connectOrm({ url: pooler.url, pooled: true });
  const ask = () =>
    orm.em
      .fork()
      .execute(
        `select pg_backend_pid() as pid, current_user as who, current_setting('lock_timeout') as lock, pg_sleep(0.1)::text as slept`,
      );
  const sessions = (await Promise.all(Array.from({ length: 12 }, ask))).flat() as {
    pid: number;
    who: string;
    lock: string;
  }[];
  await orm.close();
  expect(new Set(sessions.map(({ pid }) => pid)).size).toBeGreaterThan(1);
  expect(new Set(sessions.map(({ who, lock }) => `${who} ${lock}`))).toEqual(new Set([`${login} 700ms`]));
});
