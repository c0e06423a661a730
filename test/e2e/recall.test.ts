import { Client } from '@temporalio/client';
import { createApp } from '../../api/app.ts';
import { serve, type RunningApi } from '../../api/serve.ts';
import { createOrderGateway } from '../../api/temporal/order-gateway.ts';
import { reportOnceInstructed, testApi, workerFor, type Answer, type TestApi } from '../api/support.ts';
import { finalOrder, orderFor, orderWhen, presentationOf, withoutAttention } from '../support/service.ts';
import { testTemporal } from '../support/temporal.ts';
import type { RunningWorker } from '../support/worker.ts';
import { until } from '../support/until.ts';

/*
 * Temporal has forgotten an order that is under way (its history was deleted, or the server was set up anew): the same request
 * finds it on record, and it goes on from there, with its true check and with nothing done twice.
 */
let api: TestApi;
let former: RunningWorker;
beforeAll(async () => {
  api = await testApi();
  former = await workerFor(api);
  const put = (path: string, body: unknown) => api.ask('PUT', `/v1/registry/${path}`, { as: 'operator-olga', body });
  await put('sellers/seller-forge', { name: 'The Forge', agent: 'manual' });
});
afterAll(async () => {
  await again.stop();
  await api.close();
});

interface Way {
  readonly body: Record<string, unknown>;
  readonly stage: string;
  /** What has been reported by then. */
  readonly reported?: string;
  /** Who acts by hand from there on. */
  readonly next?: (id: string, order: Answer['body']) => Promise<Answer>;
}

const post = (path: string, as: string, body?: unknown) => api.ask('POST', path, { as, body, at: again.url });
const WAYS: Readonly<Record<string, Way>> = {
  'its check is in hand': {
    body: { presentation: 'manual' },
    stage: 'check_issued',
    next: (id, order) => post(`/v1/orders/${id}/presentation`, 'buyer-ada', presentationOf(order)),
  },
  'the seller decides': {
    body: { sellerId: 'seller-forge', lines: [{ sku: 'nails-1kg', quantity: 1 }] },
    stage: 'presented',
    next: (id) => post(`/v1/orders/${id}/acceptance`, 'seller-forge'),
  },
  'the payment is to be indicated': {
    body: { payment: 'manual', settleOn: 'notice' },
    stage: 'accepted',
    next: (id) => post(`/v1/orders/${id}/payment-indication`, 'buyer-ada', {}),
  },
  'the goods are expected': { body: {}, stage: 'scheduled' },
  'a delivery has failed': { body: {}, stage: 'in_distribution', reported: 'failed_attempt' },
};

interface Again {
  readonly url: string;
  stop(): Promise<void>;
}
let again: Again;
const orders = new Map<string, Answer['body']>();

const report = (id: string, eventId: string, kind: string, at = api.url) => {
  const body = { eventId, kind, occurredAt: new Date().toISOString() };
  const ask: TestApi['ask'] = (method, path, options) => api.ask(method, path, { ...options, at });
  return reportOnceInstructed({ ask }, id, body);
};

/** The types of what happened to an order, in their order. */
async function eventsOf(id: string): Promise<string[]> {
  const { data } = (await api.ask('GET', `/v1/orders/${id}/timeline`)).body;
  return withoutAttention<{ type: string }>(data).map(({ type }) => type);
}

function datesIn(types: readonly string[]): string[] {
  return types.filter((type) => type === 'dispatch_scheduled');
}

/** A service over the same database, whose Temporal knows of nothing. */
async function anew(): Promise<Again> {
  const temporal = await testTemporal();
  const client = new Client({ connection: api.client.connection, namespace: temporal.namespace });
  const gateway = createOrderGateway({ client, decisionWaitMs: 30_000 });
  const worker = await workerFor({ ...api, temporal });
  const server: RunningApi = await serve(createApp({ ...api.deps, gateway }), { host: '127.0.0.1', port: 0 });
  return {
    url: server.url,
    async stop() {
      await server.close();
      await worker.stop();
    },
  };
}

test('orders come to every place at which they wait', async () => {
  for (const [name, { body, stage, reported }] of Object.entries(WAYS)) {
    const posted = await api.ask('POST', '/v1/orders', { body: orderFor(body), key: name });
    expect(posted.status).toBe(201);
    if (reported) await report(posted.body.id, 'scan', reported);
    await orderWhen(api, posted.body.id, (order) => order.stage === stage);
    // A failed attempt is recorded first, and planned again after that.
    if (reported)
      await until(
        async () => datesIn(await eventsOf(posted.body.id)).length,
        (dates) => dates === 2,
      );
    // As its buyer, who has the check in hand.
    orders.set(name, (await api.ask('GET', `/v1/orders/${posted.body.id}`)).body);
  }
  await former.stop();
  again = await anew();
});

test.each(Object.entries(WAYS))('while %s', async (name, { body, next, reported }) => {
  const before = orders.get(name);
  const repeated = await api.ask('POST', '/v1/orders', { body: orderFor(body), key: name, at: again.url });
  expect(repeated).toMatchObject({ status: 201, body: { id: before.id, echeck: { jws: before.echeck.jws } } });
  if (next) {
    const taken = await until(
      () => next(before.id, before),
      ({ status }) => status !== 409,
    );
    expect(taken.status).toBe(200);
  }
  expect((await report(before.id, 'proof', 'delivered', again.url)).status).toBe(202);
  expect(await finalOrder(api, before.id)).toMatchObject({ stage: 'completed', payment: { status: 'settled' } });
  const types = await eventsOf(before.id);
  // A failed attempt has its own date, once.
  const dates = datesIn(types);
  expect(dates).toHaveLength(reported ? 2 : 1);
  expect(new Set(types).size).toBe(types.length - dates.length + 1);
  const { distribution } = (await api.ask('GET', `/v1/orders/${before.id}`)).body;
  if (before.distribution) expect(distribution.deliverAt).toBe(before.distribution.deliverAt);
});
