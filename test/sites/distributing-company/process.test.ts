import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../support/ports.ts';
import { parseSettings } from '../../../sites/distributing-company/settings.ts';
import { emptyDatabase, messagesOf } from '../../support/company.ts';
import { startOfficeDouble, type OfficeDouble } from '../../support/office-double.ts';
import { runFolder } from '../../support/run.ts';
import { until } from '../../support/until.ts';

/* The company as a process: started, told to end, killed at any moment. */

const MAIN = 'sites/distributing-company/main.ts';
let office: OfficeDouble;
let database: Awaited<ReturnType<typeof emptyDatabase>>;
let env: Record<string, string>;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  [office, database] = await Promise.all([startOfficeDouble(), emptyDatabase()]);
  const folder = mkdtempSync(join(runFolder(), 'company-process-'));
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
  await Promise.all(left.map(exitCode));
});
afterAll(async () => {
  await office?.close();
  await database?.drop();
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

async function exitCode(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null) return child.exitCode;
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return code ?? signal;
}

/** One command, to its end. */
async function run(...args: string[]): Promise<{ code: unknown; output: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  child.stderr.on('data', (piece: Buffer) => pieces.push(piece));
  const [code] = await once(child, 'close');
  return { code, output: Buffer.concat(pieces).toString() };
}

const url = () => `http://127.0.0.1:${env['SITE_PORT']}`;

test('it logs a request under the id that it carries, and no other text of whoever sends it', async () => {
  const child = await start({ LOG_LEVEL: 'info' });
  const written = text(child.stdout!);
  const posted = (id: string, query = '') =>
    fetch(`${url()}/messages${query}`, { method: 'POST', body: 'none', headers: { 'X-Request-Id': id } });
  const { status } = await posted('ada-2026-11-30-7', '?said=a-word');
  await posted('no id');
  child.kill('SIGTERM');
  await exitCode(child);
  const lines = (await written).split('\n').filter((line) => line.includes('"/messages"'));
  const [named, nameless] = lines.map((line): unknown => JSON.parse(line));
  expect(named).toMatchObject({
    name: 'distributing-company',
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
  expect(await exitCode(child)).toBe(0);
});

test('its key is its own: made once, for this user only', async () => {
  const keys = async () => (await fetch(`${url()}/.well-known/jwks.json`)).text();
  const first = await start();
  const published = await keys();
  first.kill('SIGTERM');
  await exitCode(first);
  const second = await start();
  expect(await keys()).toBe(published);
  second.kill('SIGTERM');
  await exitCode(second);
  expect(statSync(env['SITE_KEY_FILE'] ?? '').mode & 0o777).toBe(0o600);
});

test('killed again and again, it plans each order once and drives it to its end', async () => {
  const { instruct } = messagesOf(office);
  const sent: { orderId: string; receipt: string }[] = [];
  const delivered = new Set<string>();
  for (let kill = 0; kill < 3; kill += 1) {
    const child = await start({ DEMO_DRIVE_SECONDS: '1' });
    for (const { orderId } of sent) {
      const again = await instruct(url(), { orderId });
      expect(again.receipt).toBe(sent.find((one) => one.orderId === orderId)?.receipt);
    }
    const { orderId, receipt } = await instruct(url());
    office.answers.set(`POST /v1/orders/${orderId}/distribution-events`, ({ kind }) => {
      if (kind === 'delivered') delivered.add(orderId);
      return { status: 202, body: { status: 'accepted' } };
    });
    sent.push({ orderId, receipt });
    await sleep(100 + kill * 300);
    child.kill('SIGKILL');
    await exitCode(child);
  }
  const last = await start({ DEMO_DRIVE_SECONDS: '1' });
  await until(
    () => delivered,
    ({ size }) => size === sent.length,
  );
  for (const { orderId } of sent) {
    const reports = office.asked.filter(({ request }) => request.includes(`${orderId}/distribution-events`));
    // Told once or again, but always the same three events.
    expect([...new Set(reports.map(({ body }) => body['eventId']))]).toEqual([
      'picked_up-1',
      'in_transit-1',
      'delivered-1',
    ]);
    expect(new Set(reports.map(({ body }) => JSON.stringify(body))).size).toBe(3);
  }
  last.kill('SIGTERM');
  expect(await exitCode(last)).toBe(0);
});

test('a port that is taken, and a command that is none, are said in a line', async () => {
  const child = await start();
  expect(await run()).toMatchObject({ code: 1, output: expect.stringContaining('EADDRINUSE') });
  expect(await run('drive')).toMatchObject({ code: 1, output: expect.stringContaining('unknown command') });
  child.kill('SIGTERM');
  await exitCode(child);
});

describe('settings', () => {
  const good = {
    SITE_DATABASE_URL: 'postgres://h/d',
    SITE_KEY_FILE: 'key.json',
    OFFICE_URL: 'http://h/',
    OFFICE_API_KEY: 'k',
  };
  test.each([
    ['SITE_DATABASE_URL', { ...good, SITE_DATABASE_URL: 'mysql://h/d' }],
    ['OFFICE_URL', { ...good, OFFICE_URL: undefined }],
    ['OFFICE_API_KEY', { ...good, OFFICE_API_KEY: '' }],
    ['DECIDE', { ...good, DECIDE: 'perhaps' }],
    ['DEMO_DRIVE_SECONDS', { ...good, DEMO_DRIVE_SECONDS: '-1' }],
    ['SITE_PORT', { ...good, SITE_PORT: '70000' }],
  ])('%s is named when it is wrong', (name, settings) => {
    expect(() => parseSettings(settings)).toThrow(name);
  });

  test('that are missing are said in plain words, with the place where all of them stand', () => {
    expect(() => parseSettings({ OFFICE_API_KEY_FILE: 'key' })).toThrow(
      'SITE_DATABASE_URL: is required\nSITE_KEY_FILE: is required\nOFFICE_URL: is required\nAll settings: README.md',
    );
  });

  test('have good defaults', () => {
    expect(parseSettings(good)).toMatchObject({
      host: '127.0.0.1',
      party: 'distributor-rail',
      officeUrl: 'http://h',
      officeIssuer: 'countersign',
      decide: 'auto',
      demoDriveSeconds: 0,
    });
  });
});
