import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { NativeConnection } from '@temporalio/worker';
import { Webhook } from 'standardwebhooks';
import { readTimeline } from '../../office/timeline.ts';
import { publicOnly, targetFault } from '../../platform/outgoing.ts';
import { openWebhooks, type Webhooks } from '../../workers/webhooks.ts';
import { announced } from '../support/run.ts';
import type { RunningWorker } from '../support/worker.ts';
import { eventually, expectProblem, flourOrder, testApi, workerFor, type TestApi } from './support.ts';
import { startReceiver, type Receiver } from './webhook-receiver.ts';

let api: TestApi;
let worker: RunningWorker;
let connection: NativeConnection;
let deliverer: { stop(): Promise<void> };
let receiver: Receiver;

beforeAll(async () => {
  api = await testApi();
  worker = await workerFor(api);
  connection = await NativeConnection.connect({ address: api.temporal.address });
  deliverer = await startDelivering();
});
afterAll(async () => {
  await deliverer.stop();
  await connection.close();
  await worker.stop();
  await api.close();
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  const { data } = (await api.ask('GET', '/v1/webhooks', { as: 'operator-olga' })).body;
  for (const { id } of data) await api.ask('DELETE', `/v1/webhooks/${id}`, { as: 'operator-olga' });
  await receiver.close();
});

async function startDelivering(): Promise<{ stop(): Promise<void> }> {
  const webhooks: Webhooks = await openWebhooks({
    connection,
    connect: { address: api.temporal.address },
    namespace: api.temporal.namespace,
    workflowBundle: await announced<{ codePath: string }>('workflow-bundle'),
    deps: { ...api.deps, allowPrivateTargets: true },
    databaseUrl: api.database.url,
    logger: api.deps.logger,
  });
  const running = webhooks.run();
  return {
    async stop() {
      webhooks.shutdown();
      await running;
      await webhooks.close();
    },
  };
}

const rye = flourOrder({ lines: [{ sku: 'rye-1kg', quantity: 1 }] });
const place = async (key: string) => (await api.ask('POST', '/v1/orders', { key, body: rye })).body.id as string;
const deliver = (id: string) =>
  api.ask('POST', `/v1/orders/${id}/distribution-events`, {
    as: 'distributor-swift',
    body: { eventId: 'd', kind: 'delivered', occurredAt: new Date().toISOString() },
  });
const hook = async (body: Record<string, unknown> = {}, as = 'buyer-ada') =>
  (await api.ask('POST', '/v1/webhooks', { as, body: { url: receiver.url, ...body } })).body;
const deliveries = async (id: string, status = '') =>
  (await api.ask('GET', `/v1/webhooks/${id}/deliveries${status && `?status=${status}`}`)).body.data;
const verifies = (secret: string, { text, headers }: { text: string; headers: object }) => {
  try {
    return Boolean(new Webhook(secret).verify(text, headers as Record<string, string>));
  } catch {
    return false;
  }
};

test('an order’s events come signed and in order, each once', async () => {
  const { secret, id } = await hook();
  const orderId = await place('hook-1');
  await deliver(orderId);
  await receiver.until((all) => all.some(({ body }) => body.type === 'order_completed'));
  const timeline = await readTimeline(api.database.orm.em.fork(), orderId);
  expect(receiver.received.map(({ body }) => body.data.id)).toEqual(timeline.map((event) => event.id));
  expect(receiver.received.every((one) => verifies(secret, one))).toBe(true);
  expect(receiver.received[0]).toMatchObject({ body: { type: 'order_requested', data: { orderId } } });
  await eventually(
    () => api.ask('GET', `/v1/webhooks/${id}/deliveries?status=delivered`),
    ({ body }) => body.data.length === timeline.length,
  );
});

test('a receiver that fails gets the event again, and the later ones only after it', async () => {
  await hook({ types: ['check_issued', 'order_completed'] });
  let failures = 1;
  receiver.answer = ({ body }) => (body.type === 'check_issued' && failures-- > 0 ? 500 : 200);
  const orderId = await place('hook-2');
  await deliver(orderId);
  const received = await receiver.until((all) => all.some(({ body }) => body.type === 'order_completed'));
  expect(received.map(({ body, answered }) => [body.type, answered])).toEqual([
    ['check_issued', 500],
    ['check_issued', 200],
    ['order_completed', 200],
  ]);
  expect(received[0]?.headers['webhook-id']).toBe(received[1]?.headers['webhook-id']);
});

test('what is undeliverable is shown as dead, does not hold up the rest, and is resent on demand', async () => {
  const { id } = await hook({ types: ['check_issued', 'order_completed'] });
  receiver.answer = ({ body }) => (body.type === 'check_issued' ? 410 : 200);
  const orderId = await place('hook-3');
  await deliver(orderId);
  await receiver.until((all) => all.some(({ body }) => body.type === 'order_completed'));
  const [dead] = await deliveries(id, 'dead');
  expect(dead).toMatchObject({ type: 'check_issued', orderId, attempts: 1, lastError: 'the receiver answered 410' });
  receiver.answer = () => 200;
  const resent = await api.ask('POST', `/v1/webhooks/${id}/deliveries/${dead.id}/resend`);
  expect(resent.status).toBe(202);
  await receiver.until((all) => all.filter(({ body }) => body.type === 'check_issued').length === 2);
  await eventually(
    () => api.ask('GET', `/v1/webhooks/${id}/deliveries?status=delivered`),
    ({ body }) => body.data.length === 2,
  );
  expectProblem(await api.ask('POST', `/v1/webhooks/${id}/deliveries/999999/resend`), 'not-found');
});

test('events of while nobody delivers are delivered after a restart', async () => {
  await hook({ types: ['order_completed'] });
  await deliverer.stop();
  const orderId = await place('hook-4');
  await deliver(orderId);
  await eventually(
    () => api.ask('GET', `/v1/orders/${orderId}`),
    ({ body }) => body.stage === 'completed',
  );
  expect(receiver.received).toEqual([]);
  deliverer = await startDelivering();
  const [only] = await receiver.until((all) => all.length > 0);
  expect(only?.body.data.orderId).toBe(orderId);
});

test('after a rotation both secrets sign, so that the receiver can change over', async () => {
  const { id, secret } = await hook({ types: ['check_issued'] });
  const rotated = (await api.ask('POST', `/v1/webhooks/${id}/secret-rotation`)).body.secret;
  expect(rotated).not.toBe(secret);
  await place('hook-5');
  const [one] = await receiver.until((all) => all.length === 1);
  expect(one && [secret, rotated].map((each) => verifies(each, one))).toEqual([true, true]);
  expect(one && verifies('whsec_AAAA', one)).toBe(false);
});

test('a party is told of its own orders only', async () => {
  await hook({ types: ['check_issued'] }, 'buyer-bob');
  await hook({ types: ['check_issued'] }, 'seller-mill');
  await place('hook-6');
  await receiver.until((all) => all.length === 1);
  const bobs = await api.ask('POST', '/v1/orders', { as: 'buyer-bob', key: 'hook-6', body: rye });
  const received = await receiver.until((all) => all.length === 3);
  expect(received.filter(({ body }) => body.data.orderId === bobs.body.id)).toHaveLength(2);
});

describe('webhooks', () => {
  test('are listed without their secrets, and found by their party only', async () => {
    const { secret, ...made } = await hook();
    expect(secret).toMatch(/^whsec_/);
    expect((await api.ask('GET', '/v1/webhooks')).body.data).toEqual([made]);
    expect((await api.ask('GET', '/v1/webhooks', { as: 'buyer-bob' })).body.data).toEqual([]);
    expectProblem(await api.ask('DELETE', `/v1/webhooks/${made.id}`, { as: 'buyer-bob' }), 'not-found');
    expect((await api.ask('DELETE', `/v1/webhooks/${made.id}`)).status).toBe(204);
    expectProblem(await api.ask('DELETE', `/v1/webhooks/${made.id}`), 'not-found');
  });

  test('are twenty a party at most', async () => {
    for (let count = 0; count < 20; count++) expect(await hook()).toHaveProperty('id');
    expectProblem(await api.ask('POST', '/v1/webhooks', { body: { url: receiver.url } }), 'limit-reached');
  });
});

describe('a target inside is refused', () => {
  test.each([
    ['http://example.com/', 'must be an https URL'],
    ['https://localhost/', 'must not be a private or loopback address'],
    ['https://127.0.0.1/', 'must not be a private or loopback address'],
    ['https://2130706433/', 'must not be a private or loopback address'],
    ['https://0x7f.1/', 'must not be a private or loopback address'],
    ['https://10.1.2.3/', 'must not be a private or loopback address'],
    ['https://169.254.169.254/latest', 'must not be a private or loopback address'],
    ['https://[::1]/', 'must not be a private or loopback address'],
    ['https://[::ffff:127.0.0.1]/', 'must not be a private or loopback address'],
    ['https://[fd00::1]/', 'must not be a private or loopback address'],
    ['https://user:password@example.com/', 'must not hold credentials'],
    ['ftp://example.com/', 'must be an https URL'],
    ['nonsense', 'must be an absolute URL'],
  ])('%s', (url, fault) => expect(targetFault(url, false)).toBe(fault));

  test('https://example.com/ is not', () => expect(targetFault('https://example.com/hook', false)).toBeUndefined());

  test('also when only its name leads inside', async () => {
    const refused = await new Promise((resolve) => publicOnly('localhost', { all: true }, resolve));
    expect(refused).toMatchObject({
      name: 'ForbiddenTargetError',
      message: 'localhost is a private or loopback address',
    });
  });

  test('by the API, naming the field', async () => {
    const strict = await testApi((deps) => ({ ...deps, allowPrivateTargets: false }));
    try {
      const answer = await strict.ask('POST', '/v1/webhooks', { body: { url: 'https://127.0.0.1/' } });
      expectProblem(answer, 'invalid-request');
      expect(answer.body.errors).toEqual([{ pointer: '/url', detail: 'must not be a private or loopback address' }]);
    } finally {
      await strict.close();
    }
  });
});
