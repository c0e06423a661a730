import { Client as TemporalClient, Connection } from '@temporalio/client';
import { Client } from 'pg';
import { orderIdFor } from '../../api/orders/place-order.ts';
import { DEMO_DISTRIBUTOR } from '../../office/seed-data.ts';
import { testApi, type Answer, type Ask, type TestApi } from '../api/support.ts';
import { wednesdayNoon } from '../support/service-date.ts';
import { orderFor } from '../support/service.ts';
import { crashWorkers, expectSoundBooks, killed, type CrashWorkers } from './crash-workers.ts';
import type { CrashPlan, CrashPoint } from './crashing-worker.ts';
import { PATIENCE_MS, until } from '../support/until.ts';

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
  changeDate: { moved: true },
  notifySellerOfCompletion: {},
  notifyOfficeOfCompletion: {},
  settlePayment: {},
  finaliseCheck: { body: { settleOn: 'notice' } },
  cancelDispatchIfInstructed: { body: { settleOn: 'notice' }, cancelled: true },
  refundIfSettled: { body: { settleOn: 'notice' }, cancelled: true },
  decideEnding: { cancelled: true },
  voidCheckIfIssued: { cancelled: true },
  closeOrder: { cancelled: true },
} as const satisfies Record<string, Way>;

interface Way {
  readonly body?: Record<string, unknown>;
  /** Who decides by hand. */
  readonly by?: 'buyer' | 'seller' | 'distributor';
  readonly report?: string;
  /** The distributor moves the date. */
  readonly moved?: boolean;
  readonly cancelled?: boolean;
  /** What is said to it while no worker lives. */
  readonly said?: string;
}

interface CrashingOrder extends Way {
  readonly key: string;
  readonly id: string;
  readonly step: string;
  readonly point: CrashPoint;
}

function crashing(step: string, way: Way, point: CrashPoint): CrashingOrder {
  const key = [step, point, way.said].join(' ').trim();
  return { ...way, key, step, point, id: orderIdFor('buyer-ada', key) };
}

const orders = Object.entries(STEPS).flatMap(([step, way]: [string, Way]) =>
  POINTS.map((point) => crashing(step, way, point)),
);

/** The places at an end, where Temporal does not know yet what stands on record, and what may come just then. */
const AT_THE_END: Readonly<Record<string, Way>> = {
  decideEnding: { cancelled: true },
  voidCheckIfIssued: { cancelled: true },
  refundIfSettled: { body: { settleOn: 'notice' }, cancelled: true },
  closeOrder: { cancelled: true },
  notifySellerOfCompletion: {},
  settlePayment: {},
  finaliseCheck: { body: { settleOn: 'notice' } },
};
const surprised = Object.entries(AT_THE_END).flatMap(([step, way]) =>
  (['after the effect', 'after the answer'] as const).flatMap((point) =>
    ['delivered', 'lost', 'picked_up', 'cancellation'].map((said) => crashing(step, { ...way, said }, point)),
  ),
);

let api: TestApi;
let workers: CrashWorkers;
/** Both distributors' tokens, by the distributor's id. */
let distributors: Record<string, string>;
beforeAll(async () => {
  api = await testApi();
  workers = crashWorkers(api);
  const token = (id: string) => api.issuer.issue({ id, role: 'distributor' });
  distributors = {
    'distributor-swift': await token('distributor-swift'),
    'distributor-slow': await token('distributor-slow'),
  };
  const put = (path: string, body: unknown) => api.ask('PUT', `/v1/registry/${path}`, { as: 'operator-olga', body });
  await put('sellers/seller-forge', { name: 'The Forge', agent: 'manual' });
  await put('distributors/distributor-slow', { name: 'Slow', agent: 'manual', terms: DEMO_DISTRIBUTOR.terms });
});
afterEach(() => workers.killAll());
afterAll(() => api.close());

test('a worker killed at every crash point of every step and undo loses nothing, doubles nothing, and every order ends', async () => {
  expect(await endsAfterACrash(orders)).toEqual([]);
  await expectSoundBooks(api, orders.length);
}, 900_000);

test('what is said while the worker of an ending is dead changes nothing of the ending, and is on record', async () => {
  expect(await endsAfterACrash(surprised)).toEqual([]);
  await expectSoundBooks(api, orders.length + surprised.length);
  const unheard = await rows(
    `select o.id, o.stage from orders o join distribution_reports r on r.order_id = o.id and r.kind = 'delivered'
     where o.stage <> 'completed' and o.attention->>'reason' is distinct from 'ReportAfterEnd'`,
  );
  expect(unheard).toEqual([]);
}, 900_000);

/** Leads orders to their crash points, kills the worker, says what is to be said, starts another one: who ended wrongly. */
async function endsAfterACrash(led: readonly CrashingOrder[]): Promise<unknown[]> {
  const plan: CrashPlan = Object.fromEntries(led.map(({ id, step, point }) => [id, { step, point }]));
  const doomed = await workers.start(plan);
  const there = new Set<unknown>();
  doomed.on('message', (id) => there.add(id));
  const { promise: crashed, resolve: hasCrashed } = Promise.withResolvers<void>();
  const playing = led.map((order) => play(order, crashed));

  await until(
    () => stillUnderWay(led.filter(({ id }) => !there.has(id))),
    (missing) => missing.length === 0,
    { ...SHARED, pauseMs: 1_000, what: 'every order at its crash point', progress: String },
  );
  await killed(doomed);
  hasCrashed();
  const saying = led.map(say);

  const revived = await workers.start();
  await Promise.all([...playing, ...saying]);
  const ends = await Promise.all(led.map(({ id }) => inStage(id, ENDED)));
  await untilWorkflowsEnded(led);
  await killed(revived);
  const stages = led.map(({ key, cancelled }, index) => [key, ends[index], cancelled ?? false]);
  return stages.filter(([, stage, cancelled]) => (stage === 'completed') === cancelled);
}

/**
 * Those that are still to come to their crash points, and how far each has come. One whose workflow task was lost, as a loaded machine
 * loses them, goes on from its record, and may come past its crash point: it is not waited for once it has ended.
 */
async function stillUnderWay(led: readonly CrashingOrder[]): Promise<string[]> {
  const asked = led.map(async ({ id, key }) => {
    const { body } = await api.ask('GET', `/v1/orders/${id}`, { as: 'operator-olga' });
    return ENDED.includes(body.stage) ? [] : [`${key}: ${JSON.stringify(body)}`];
  });
  return (await Promise.all(asked)).flat();
}

/** Nobody insists: the ending stands, and the answer says so, or that nobody could be asked. */
async function say(order: CrashingOrder): Promise<void> {
  if (order.said === undefined) return;
  if (order.said !== 'cancellation') {
    expect((await report(order, order.said)).status).toBe(202);
    return;
  }
  const path = `/v1/orders/${order.id}/cancellation`;
  const { status } = await api.ask('POST', path, { as: 'operator-olga', body: { reason: 'too late' } });
  expect([200, 409, 503]).toContain(status);
}

async function untilWorkflowsEnded(led: readonly CrashingOrder[]): Promise<void> {
  const connection = await Connection.connect({ address: api.temporal.address });
  const client = new TemporalClient({ connection, namespace: api.temporal.namespace });
  const results = await Promise.all(led.map(({ id }) => client.workflow.getHandle(id).result()));
  await connection.close();
  const ends = await Promise.all(led.map(({ id }) => inStage(id, ENDED)));
  expect(results.map(({ stage }) => stage)).toEqual(ends);
}

async function rows(sql: string): Promise<unknown[]> {
  const owner = new Client({ connectionString: api.database.url });
  await owner.connect();
  const answer = await owner.query(sql);
  await owner.end();
  return answer.rows;
}

/** Plays the parties of one order; each asks again until it is answered. */
async function play(order: CrashingOrder, crashed: Promise<void>): Promise<void> {
  const { id, by } = order;
  await insist('POST', '/v1/orders', { body: orderFor(order.body), key: order.key });
  if (by === 'seller') await insist('POST', `/v1/orders/${id}/acceptance`, { as: 'seller-forge' });
  if (by === 'buyer') await insist('POST', `/v1/orders/${id}/payment-indication`, { body: {} });
  if (by === 'distributor') await fixDate(order);
  if (order.moved) {
    await inStage(id, ['scheduled']);
    await fixDate(order);
  }
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

function fixDate(order: CrashingOrder): Promise<Answer> {
  const body = { deliverAt: wednesdayNoon() };
  return insist('POST', `/v1/orders/${order.id}/schedule`, { as: distributorOf(order), body });
}

function distributorOf({ by }: CrashingOrder): string | undefined {
  return distributors[by === 'distributor' ? 'distributor-slow' : 'distributor-swift'];
}

function report(order: CrashingOrder, kind: string): Promise<Answer> {
  const { id } = order;
  const body = { eventId: kind, kind, occurredAt: new Date().toISOString() };
  const as = distributorOf(order);
  return insist('POST', `/v1/orders/${id}/distribution-events`, { as, body });
}

/** Sixty orders and a restart have to share the machine, and an order waits for all the others to be at their crash points. */
const SHARED = { pauseMs: 100, patienceMs: 3 * PATIENCE_MS };

async function inStage(id: string, stages: readonly string[]): Promise<string> {
  const { body } = await until(
    () => api.ask('GET', `/v1/orders/${id}`),
    (answer) => stages.includes(answer.body.stage),
    { ...SHARED, what: `order ${id} in ${stages.join(' or ')}`, seen: (answer) => answer.body },
  );
  return body.stage;
}

const ENDED = ['completed', 'cancelled', 'refunded'];
const NOT_YET = [404, 409, 429, 503];

async function insist(method: string, path: string, ask: Ask): Promise<Answer> {
  const isOver = async ({ status }: Answer): Promise<boolean> => {
    if (status < 300) return true;
    // Anything else would be a fault of the service, of which nothing else might tell.
    expect(NOT_YET).toContain(status);
    const { body } = await api.ask('GET', path.replace(/\/[a-z-]+$/, ''), { as: 'operator-olga' });
    // The answer to what took effect was lost, and now the order has ended.
    return ENDED.includes(body.stage);
  };
  const { answer } = await until(
    async () => {
      const given = await api.ask(method, path, ask);
      return { answer: given, over: await isOver(given) };
    },
    ({ over }) => over,
    { ...SHARED, what: `an answer to ${method} ${path}`, seen: (last) => last.answer.body },
  );
  return answer;
}
