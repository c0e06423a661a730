import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { orderIdFor } from '../../api/order-identity.ts';
import { brokenRules, onceOnly, readBooks } from '../../bench/chaos/books.ts';
import { DEMO_DISTRIBUTOR } from '../../office/seed-data.ts';
import { testApi, type Answer, type Ask, type TestApi } from '../api/support.ts';
import { announced } from '../support/run.ts';
import { orderFor } from '../support/service.ts';
import type { CrashPlan, CrashPoint, CrashingWorkerOptions } from './crashing-worker.ts';

const POINTS: readonly CrashPoint[] = ['before the effect', 'after the effect', 'after the answer'];
/** Every step and every undo, with the demand and the parties that lead an order to it. */
const STEPS = {
  priceOrder: {},
  judgeCredit: {},
  verifySellerRegistration: {},
  verifyDistributorRegistration: {},
  issueCheck: {},
  validateCheck: {},
  acceptOrder: { body: { sellerId: 'seller-forge', lines: [{ sku: 'nails-1kg', quantity: 1 }] }, by: 'seller' },
  indicatePayment: { body: { payment: 'manual' }, by: 'buyer' },
  instructDistribution: { body: { distributorId: 'distributor-slow' }, by: 'distributor' },
  scheduleDispatch: {},
  recordDistribution: { report: 'in_transit' },
  rescheduleDispatch: { report: 'failed_attempt' },
  notifySellerOfCompletion: {},
  notifyOfficeOfCompletion: {},
  settlePayment: {},
  finaliseCheck: { body: { settleOn: 'notice' } },
  cancelDispatchIfInstructed: { body: { settleOn: 'notice' }, cancelled: true },
  refundIfSettled: { body: { settleOn: 'notice' }, cancelled: true },
  voidCheckIfIssued: { cancelled: true },
  closeOrder: { cancelled: true },
} as const satisfies Record<string, Way>;

interface Way {
  readonly body?: Record<string, unknown>;
  /** Who decides by hand. */
  readonly by?: 'buyer' | 'seller' | 'distributor';
  readonly report?: string;
  readonly cancelled?: boolean;
}

interface CrashingOrder extends Way {
  readonly key: string;
  readonly id: string;
  readonly step: string;
  readonly point: CrashPoint;
}

const orders: CrashingOrder[] = Object.entries(STEPS).flatMap(([step, way]: [string, Way]) =>
  POINTS.map((point) => {
    const key = `${step} ${point}`;
    return { ...way, key, step, point, id: orderIdFor('buyer-ada', key) };
  }),
);

let api: TestApi;
/** Both distributors' tokens, by the distributor's id. */
let distributors: Record<string, string>;
beforeAll(async () => {
  api = await testApi();
  const token = (id: string) => api.issuer.issue({ id, role: 'distributor' });
  distributors = {
    'distributor-swift': await token('distributor-swift'),
    'distributor-slow': await token('distributor-slow'),
  };
  const put = (path: string, body: unknown) => api.ask('PUT', `/v1/registry/${path}`, { as: 'operator-olga', body });
  await put('sellers/seller-forge', { name: 'The Forge', agent: 'manual' });
  await put('distributors/distributor-slow', { name: 'Slow', agent: 'manual', terms: DEMO_DISTRIBUTOR.terms });
});
afterAll(() => api.close());

test('a worker killed at every crash point of every step and undo loses nothing, doubles nothing, and every order ends', async () => {
  const plan: CrashPlan = Object.fromEntries(orders.map(({ id, step, point }) => [id, { step, point }]));
  const crashing = await startWorker(plan);
  const there = new Set<unknown>();
  crashing.on('message', (id) => there.add(id));
  const { promise: crashed, resolve: hasCrashed } = Promise.withResolvers<void>();
  const playing = orders.map((order) => play(order, crashed));

  for (let waited = 0; there.size < orders.length && waited < 1_200; waited += 1) await sleep(100);
  expect(orders.filter(({ id }) => !there.has(id)).map(({ key }) => key)).toEqual([]);
  await killed(crashing);
  hasCrashed();

  const mended = await startWorker({});
  try {
    await Promise.all(playing);
    const ends = await Promise.all(orders.map(({ id }) => inStage(id, ENDED)));
    const stages = orders.map(({ key, cancelled }, index) => [key, ends[index], cancelled ?? false]);
    expect(stages.filter(([, stage, cancelled]) => (stage === 'completed') === cancelled)).toEqual([]);
    await expectSoundBooks();
  } finally {
    await killed(mended);
  }
}, 420_000);

async function expectSoundBooks(): Promise<void> {
  const owner = new Client({ connectionString: api.database.url });
  await owner.connect();
  const books = await readBooks(owner);
  await owner.end();
  expect(books.orders.size).toBe(orders.length);
  expect(onceOnly(books)).toEqual([]);
  expect(brokenRules(books)).toEqual([]);
}

async function startWorker(plan: CrashPlan): Promise<ChildProcess> {
  const { codePath } = await announced<{ codePath: string }>('workflow-bundle');
  const options: CrashingWorkerOptions = {
    ...api.temporal,
    databaseUrl: api.database.url,
    keyFolder: api.keyFolder,
    codePath,
    plan,
  };
  const main = fileURLToPath(new URL('crashing-worker.ts', import.meta.url));
  return spawn(process.execPath, [main, JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { PATH: process.env['PATH'] },
  });
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Plays the parties of one order; each asks again until it is answered. */
async function play(order: CrashingOrder, crashed: Promise<void>): Promise<void> {
  const { id, by } = order;
  await insist('POST', '/v1/orders', { body: orderFor(order.body), key: order.key });
  if (by === 'seller') await insist('POST', `/v1/orders/${id}/acceptance`, { as: 'seller-forge' });
  if (by === 'buyer') await insist('POST', `/v1/orders/${id}/payment-indication`, { body: {} });
  if (by === 'distributor')
    await insist('POST', `/v1/orders/${id}/schedule`, {
      as: distributors['distributor-slow'],
      body: { deliverAt: IN_A_MONTH },
    });
  if (order.cancelled) {
    await inStage(id, ['scheduled']);
    await insist('POST', `/v1/orders/${id}/cancellation`, { body: { reason: 'enough' } });
    return;
  }
  if (order.report) {
    await report(order, order.report);
    await crashed;
  }
  await report(order, 'delivered');
}

function report({ id, by }: CrashingOrder, kind: string): Promise<Answer> {
  const body = { eventId: kind, kind, occurredAt: new Date().toISOString() };
  const as = distributors[by === 'distributor' ? 'distributor-slow' : 'distributor-swift'];
  return insist('POST', `/v1/orders/${id}/distribution-events`, { as, body });
}

/** Polls the order's stage for two minutes: sixty orders and a restart have to share the machine. */
async function inStage(id: string, stages: readonly string[]): Promise<string> {
  let stage = 'unknown';
  for (let attempt = 0; attempt < 1_200; attempt += 1) {
    const { body } = await api.ask('GET', `/v1/orders/${id}`);
    stage = body.stage;
    if (stages.includes(stage)) return stage;
    await sleep(100);
  }
  return stage;
}

const ENDED = ['completed', 'cancelled', 'refunded'];
const NOT_YET = [404, 409, 503];
const IN_A_MONTH = new Date(Date.now() + 30 * 86_400_000).toISOString();

async function insist(method: string, path: string, ask: Ask): Promise<Answer> {
  for (let attempt = 0; ; attempt += 1) {
    const answer = await api.ask(method, path, ask);
    if (!NOT_YET.includes(answer.status)) return answer;
    const { body } = await api.ask('GET', path.replace(/\/[a-z-]+$/, ''), { as: 'operator-olga' });
    // The answer to what took effect was lost, and now the order has ended.
    if (ENDED.includes(body.stage)) return answer;
    if (attempt > 1_200) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    await sleep(100);
  }
}
