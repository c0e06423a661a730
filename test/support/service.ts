import { expect } from '@jest/globals';
import type { createOrderActivities } from '../../activities/index.ts';
import type { Client } from '@temporalio/client';
import type { ApiDeps } from '../../api/deps.ts';
import { createOrderGateway } from '../../api/temporal/order-gateway.ts';
import { ENDED_STAGES } from '../../domain/order.ts';
import { testApi, type Answer, type TestApi } from '../api/support.ts';
import type { RealService } from './real-service.ts';
import type { OrderServer } from './temporal.ts';
import { until } from './until.ts';
import { startWorker, type RunningWorker, type WorkerChanges } from './worker.ts';

/** API and worker over the run's real servers. */
export interface TestService extends TestApi {
  startWorker(): Promise<RunningWorker>;
  /** Until one is started again, orders only wait. */
  stopWorkers(): Promise<void>;
}

const CHECK_LIFETIME_MS = 30 * 24 * 60 * 60 * 1000;

/** What else a test may put in the place of something. */
export interface ServiceChanges extends Pick<WorkerChanges, 'transmissions' | 'dataConverter'> {
  /** Instead of the run's server. */
  readonly ownTemporal?: OrderServer;
  /** How long a POST waits for the decision, in milliseconds. */
  readonly decisionWaitMs?: number;
}

/** Opens the whole service with one worker. `activities` breaks steps on purpose, `transmissions` what is sent to parties' servers. */
export async function testService(
  activities?: (steps: ReturnType<typeof createOrderActivities>) => object,
  { transmissions, dataConverter, ownTemporal, decisionWaitMs }: ServiceChanges = {},
): Promise<TestService> {
  const change = (given: ApiDeps, client: Client) =>
    decisionWaitMs === undefined ? given : { ...given, gateway: createOrderGateway({ client, decisionWaitMs }) };
  const api = await testApi(change, { dataConverter, ownTemporal });
  const { orm, sealer, clock, signing } = api.deps;
  const deps = { orm, sealer, clock, signing, checkLifetimeMs: CHECK_LIFETIME_MS };
  const workers: RunningWorker[] = [];
  const start = async () => {
    const worker = await startWorker(api.temporal, deps, activities, { transmissions, dataConverter });
    workers.push(worker);
    return worker;
  };
  const stop = async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  };
  await start();
  return {
    ...api,
    startWorker: start,
    stopWorkers: stop,
    async close() {
      await stop();
      await api.close();
    },
  };
}

/** A good order body, with changes. */
export function orderFor(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    sellerId: 'seller-mill',
    distributorId: 'distributor-swift',
    lines: [{ sku: 'rye-1kg', quantity: 3 }],
    deliverTo: { name: 'Ada', street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' },
    ...change,
  };
}

/** The one message of a buyer that presents an order's check by hand (claim 8), from the order as the buyer reads it. */
export function presentationOf({ echeck, lines, deliverTo }: Answer['body']): Record<string, unknown> {
  const ordered = lines.map(({ sku, quantity }: { sku: string; quantity: number }) => ({ sku, quantity }));
  return { echeck: echeck.jws, lines: ordered, deliverTo };
}

const ENDS = new Set<string>(ENDED_STAGES);

/** Places an order under that Idempotency-Key, and answers its id when it waits for its delivery. */
export async function scheduledOrder(api: TestApi, key: string, change: Record<string, unknown> = {}): Promise<string> {
  const posted = await api.ask('POST', '/v1/orders', { body: orderFor(change), key });
  expect(posted.status).toBe(201);
  await orderWhen(api, posted.body.id, ({ stage }) => stage === 'scheduled');
  return posted.body.id;
}

/** Whether an order needs somebody. A loaded machine loses attempts, too: an order says that as well, and goes on by itself. */
export function needsSomebody({ attention }: Answer['body']): boolean {
  return (
    attention !== null &&
    !/^(TimedOut|WorkerSilent|NoWorker$|Database(Unavailable|Busy|Locked|Slow|Conflict))/.test(attention.reason)
  );
}

/** What happened to an order itself: its timeline tells of lost attempts, too. */
export function withoutAttention<Event extends { readonly type: string }>(events: readonly Event[]): Event[] {
  return events.filter(({ type }) => !type.startsWith('attention_'));
}

/**
 * Places orders until one is held up for such a reason, and answers it as operators find it. One whose first attempt was lost to a loaded
 * machine says that instead, however its next attempts fail.
 */
export function heldUpOrder(api: Pick<RealService, 'ask'>, key: string, reason: RegExp): Promise<Answer['body']> {
  const find = async (id: string) => {
    const { body } = await api.ask('GET', '/v1/orders?attention=true&limit=100', { as: 'operator-olga' });
    return body.data?.find((order: Answer['body']) => order.id === id);
  };
  let placed = 0;
  return until(
    async () => {
      placed += 1;
      const { body } = await api.ask('POST', '/v1/orders', { body: orderFor(), key: `${key} ${placed}` });
      const order = await until(() => find(body.id), { what: `order ${body.id} held up` });
      return reason.test(order.attention.reason) && order;
    },
    { what: `an order that is held up: ${String(reason)}` },
  );
}

/**
 * Sends an order so many messages, of which its workflow may take none, nor its history keep a task for each. Some tasks it may keep: those that
 * came late to a loaded machine.
 */
export async function expectNoTrace(
  { client }: Pick<TestApi, 'client'>,
  id: string,
  times: number,
  send: (at: number) => Promise<void>,
): Promise<void> {
  const recorded = async () => (await client.workflow.getHandle(id).fetchHistory()).events ?? [];
  const isMessage = (event: Awaited<ReturnType<typeof recorded>>[number]) =>
    event.workflowExecutionUpdateAcceptedEventAttributes ?? event.workflowExecutionSignaledEventAttributes;
  const before = await recorded();
  for (let at = 0; at < times; at += 1) await send(at);
  const after = await recorded();
  expect(after.filter(isMessage)).toEqual(before.filter(isMessage));
  expect(after.length - before.length).toBeLessThan(EVENTS_OF_A_TASK * times);
}

/** Scheduled, started, completed. */
const EVENTS_OF_A_TASK = 3;

/** Polls until the order has ended. */
export function finalOrder(api: TestApi, id: string): Promise<Answer['body']> {
  return orderWhen(api, id, (order) => ENDS.has(order.stage));
}

/** Polls an order until it is as wanted, and fails with its last state. While it still changes, the patience begins anew. */
export async function orderWhen(
  api: TestApi,
  id: string,
  wanted: (order: Answer['body']) => boolean,
): Promise<Answer['body']> {
  const asText = ({ body: order }: Answer) => JSON.stringify(order);
  const { body } = await until(
    () => api.ask('GET', `/v1/orders/${id}`, { as: 'operator-olga' }),
    ({ status, body: order }) => status === 200 && wanted(order),
    { what: `order ${id}: ${String(wanted)}`, seen: asText, progress: asText },
  );
  return body;
}
