import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort } from '../../support/ports.ts';
import { Client } from 'pg';
import { parseSettings } from '../../../sites/selling-office/settings.ts';
import { startOfficeDouble, type OfficeDouble } from '../../support/office-double.ts';
import { runFolder } from '../../support/run.ts';
import { siteDatabase, type SiteDatabase } from '../../support/site-database.ts';
import { CHARGE, newOrderId, notice, presentation } from './shop.ts';
import { until } from '../../support/until.ts';

/* The shop as a process: started, told to end, killed at any moment. */

const MAIN = 'sites/selling-office/main.ts';
const DEMAND = 'POST /v1/payment-demands';
let office: OfficeDouble;
let database: SiteDatabase;
let env: Record<string, string>;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  [office, database] = await Promise.all([startOfficeDouble(), siteDatabase()]);
  office.answers.set('POST /v1/echecks/validation', () => ({
    status: 200,
    body: { valid: true, status: 'presented' },
  }));
  const folder = mkdtempSync(join(runFolder(), 'shop-process-'));
  env = {
    PATH: process.env['PATH'] ?? '',
    SITE_PORT: String(await freePort()),
    SITE_DATABASE_URL: database.url,
    SITE_KEY_FILE: join(folder, 'key.json'),
    OFFICE_URL: office.url,
    OFFICE_API_KEY: 'key',
    LOG_LEVEL: 'silent',
  };
});
/** What a failing test leaves at work would keep its port from the next one. */
afterEach(async () => {
  const left = [...children];
  for (const child of left) child.kill('SIGKILL');
  await Promise.all(left.map(ended));
});
afterAll(async () => {
  await office?.close();
  await database?.close();
});

async function start(more: Record<string, string> = {}): Promise<ChildProcess> {
  const child = fork(MAIN, {
    env: { ...env, ...more },
    execArgv: [],
    stdio: ['pipe', more['LOG_LEVEL'] ? 'pipe' : 'ignore', 'inherit', 'ipc'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  await once(child, 'message');
  return child;
}

async function ended(child: ChildProcess): Promise<unknown> {
  return child.exitCode ?? (await once(child, 'exit'))[0];
}

const url = () => `http://127.0.0.1:${env['SITE_PORT']}`;

function post(message: string): Promise<Response> {
  const headers = { 'Content-Type': 'application/jose' };
  return fetch(`${url()}/messages`, { method: 'POST', headers, body: message });
}

async function send(message: string): Promise<string> {
  const response = await post(message);
  expect(response.status).toBe(200);
  return response.text();
}

test('it logs a request under the id that it carries, and no other text of whoever sends it', async () => {
  const child = await start({ LOG_LEVEL: 'info' });
  const written = text(child.stdout!);
  const posted = (id: string, query = '') =>
    fetch(`${url()}/messages${query}`, { method: 'POST', body: 'none', headers: { 'X-Request-Id': id } });
  const { status } = await posted('ada-2026-11-30-7', '?said=a-word');
  await posted('no id');
  child.kill('SIGTERM');
  await ended(child);
  const lines = (await written).split('\n').filter((line) => line.includes('"/messages"'));
  const [named, nameless] = lines.map((line): unknown => JSON.parse(line));
  expect(named).toMatchObject({
    name: 'selling-office',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    requestId: 'ada-2026-11-30-7',
    req: { method: 'POST', url: '/messages' },
    res: { statusCode: status },
  });
  expect(nameless).not.toHaveProperty('requestId');
});

test.each([
  ['SIGTERM', (child: ChildProcess) => child.kill('SIGTERM')],
  ['the end of its input', (child: ChildProcess) => child.stdin?.end()],
  ['the end of who started it', (child: ChildProcess) => child.disconnect()],
])('it ends on %s', async (_what, end) => {
  const child = await start();
  expect((await fetch(`${url()}/health`)).status).toBe(200);
  end(child);
  expect(await ended(child)).toBe(0);
});

test('its key is made once, and a rotation needs no restart', async () => {
  const keys = async () =>
    ((await (await fetch(`${url()}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] }).keys;
  const child = await start();
  const [former] = await keys();
  const rotation = spawn(process.execPath, [MAIN, 'rotate-key'], { env, stdio: 'ignore' });
  expect(await ended(rotation)).toBe(0);
  expect((await keys()).map(({ kid }) => kid)).toEqual([expect.not.stringContaining(former!.kid), former!.kid]);
  expect(statSync(env['SITE_KEY_FILE'] ?? '').mode & 0o777).toBe(0o600);
  child.kill('SIGTERM');
  await ended(child);
});

test('killed again and again, it promises each order once, and demands it', async () => {
  const demanded: unknown[] = [];
  office.answers.set(DEMAND, ({ echeck }) => {
    demanded.push(echeck);
    // The first answers are lost with their process.
    return {
      status: demanded.length < 3 ? 503 : 201,
      body: { number: 'x', orderId: 'x', amount: CHARGE, status: 'settled' },
    };
  });
  const sent: { message: string; receipt: string }[] = [];
  for (let kill = 0; kill < 3; kill += 1) {
    const child = await start();
    for (const { message, receipt } of sent) expect(await send(message)).toBe(receipt);
    const orderId = newOrderId();
    const message = await presentation(office, { orderId });
    sent.push({ message, receipt: await send(message) });
    const interrupted = presentation(office, { orderId: newOrderId() }).then((other) => send(other));
    await send(await notice(office, { orderId, kind: 'completed', body: { deliveredAt: new Date().toISOString() } }));
    child.kill('SIGKILL');
    await Promise.allSettled([interrupted, ended(child)]);
  }
  const last = await start();
  await until(async () => new Set(demanded).size === sent.length && demanded.length >= 3);
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const reserved = await client.query(
    `select (select sum(reserved)::int from commodities) as reserved,
            (select coalesce(sum((line->>'quantity')::int), 0)::int from orders, jsonb_array_elements(lines) line where orders.reserved) as promised,
            (select on_hand from commodities where sku = 'linen-3m') as linen`,
  );
  await client.end();
  expect(reserved.rows[0].reserved).toBe(reserved.rows[0].promised);
  expect(reserved.rows[0].linen).toBe(400 - 2 * sent.length);
  last.kill('SIGTERM');
  await ended(last);
});

test.each([
  { args: ['rotate'], code: 1, says: "unknown command 'rotate'" },
  { args: ['rotate-key', 'twice'], code: 1, says: 'too many arguments' },
  { args: ['--help'], code: 0, says: 'rotate-key' },
])('$args starts no server: it says what there is', async ({ args, code, says }) => {
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [answer, complaint, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended(child)]);
  expect([exitCode, answer + complaint]).toEqual([code, expect.stringContaining(says)]);
});

test('its database may break every connection: it goes on', async () => {
  const child = await start();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query(
    `select pg_terminate_backend(pid, 150000) from pg_stat_activity where application_name = 'selling-office' and usename = current_user`,
  );
  await client.end();
  await until(async () => (await fetch(`${url()}/health`)).status === 200);
  // A connection that it has not heard of yet costs it one answer: the office asks again.
  const message = await presentation(office, { orderId: newOrderId() });
  await until(async () => (await post(message)).status === 200);
  expect(child.exitCode).toBeNull();
  child.kill('SIGTERM');
  await ended(child);
});

describe('settings', () => {
  test.each([
    ['SITE_DATABASE_URL', { SITE_DATABASE_URL: 'here' }],
    ['SITE_KEY_FILE', { SITE_KEY_FILE: '' }],
    ['OFFICE_URL', { OFFICE_URL: 'ftp://office' }],
    ['OFFICE_API_KEY', { OFFICE_API_KEY: '' }],
    ['SITE_PORT', { SITE_PORT: '70000' }],
    ['DECIDE', { DECIDE: 'perhaps' }],
    ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
  ])('that are wrong are named: %s', (name, change) => {
    expect(() => parseSettings({ ...env, ...change })).toThrow(name);
  });

  test('that are wrong end the process with their names', async () => {
    const child = spawn(process.execPath, [MAIN], { env: { PATH: env['PATH'] }, stdio: ['ignore', 'ignore', 'pipe'] });
    const pieces: Buffer[] = [];
    child.stderr.on('data', (piece: Buffer) => pieces.push(piece));
    const [code] = await once(child, 'close');
    expect([code, Buffer.concat(pieces).toString()]).toEqual([1, expect.stringContaining('SITE_DATABASE_URL')]);
  });
});
