import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { readTimeline } from '../../office/orders/timeline.ts';
import { publicOnly, targetFault } from '../../platform/outgoing.ts';
import { expectProblem, testApi, type TestApi } from './support.ts';
import { startReceiver, type Receiver } from './webhook-receiver.ts';
import { webhookService, type WebhookService } from './webhook-service.ts';
import { until } from '../support/until.ts';

let service: WebhookService;
let api: TestApi;
let receiver: Receiver;

beforeAll(async () => {
  service = await webhookService();
  ({ api } = service);
});
afterAll(() => service.close());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  await service.deleteWebhooks();
  await receiver.close();
});

const place = (key: string, as?: string) => service.place(key, as);
const deliver = (id: string) => service.deliver(id);
const hook = (body: Record<string, unknown> = {}, as?: string) => service.hook({ url: receiver.url, ...body }, as);
const verifies = (secret: string, { text, headers }: { text: string; headers: object }) => {
  try {
    return Boolean(new Webhook(secret).verify(text, headers as Record<string, string>));
  } catch {
    return false;
  }
};

test("an order's events come signed and in order, each once", async () => {
  const { secret, id } = await hook();
  const orderId = await place('hook-1');
  await deliver(orderId);
  await receiver.until((all) => all.some(({ body }) => body.type === 'order_completed'));
  // The last notes for people are written when the order has ended.
  await api.client.workflow.getHandle(orderId).result();
  const timeline = await readTimeline(api.database.orm.em.fork(), orderId);
  await receiver.until((all) => all.length >= timeline.length);
  expect(receiver.received.map(({ body }) => body.data.id)).toEqual(timeline.map((event) => event.id));
  expect(receiver.received.every((one) => verifies(secret, one))).toBe(true);
  expect(receiver.received[0]).toMatchObject({ body: { type: 'order_requested', data: { orderId } } });
  await until(
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

test('events of while nobody delivers are delivered after a restart', async () => {
  await hook({ types: ['order_completed'] });
  await service.stopDelivering();
  const orderId = await place('hook-4');
  await deliver(orderId);
  await until(
    () => api.ask('GET', `/v1/orders/${orderId}`),
    ({ body }) => body.stage === 'completed',
  );
  expect(receiver.received).toEqual([]);
  await service.startDelivering();
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

  const dayIsOver = 'update webhooks set former_secret_until = now() where id = ?';
  await api.deps.orm.em.fork().execute(dayIsOver, [id]);
  await place('hook-5b');
  const [, other] = await receiver.until((all) => all.length === 2);
  expect(other && [secret, rotated].map((each) => verifies(each, other))).toEqual([false, true]);
});

test('a party gets the events of its own orders only', async () => {
  await hook({ types: ['check_issued'] }, 'buyer-bob');
  await hook({ types: ['check_presented'] }, 'seller-mill');
  const adas = await place('hook-6');
  const bobs = await place('hook-6', 'buyer-bob');
  const typesOf = (orderId: string, all = receiver.received) =>
    all.filter(({ body }) => body.data.orderId === orderId).map(({ body }) => body.type);
  // An order of another test may still be on its way to the same seller.
  await receiver.until((all) => typesOf(adas, all).length >= 1 && typesOf(bobs, all).length >= 2);
  expect(typesOf(adas)).toEqual(['check_presented']);
  expect(new Set(typesOf(bobs))).toEqual(new Set(['check_issued', 'check_presented']));
});

describe('webhooks', () => {
  test('are listed without their secrets, and found by their party only', async () => {
    const { secret, ...made } = await hook();
    expect(secret).toMatch(/^whsec_/);
    // Of orders of other tests something may happen meanwhile.
    expect((await api.ask('GET', '/v1/webhooks')).body.data).toEqual([{ ...made, pending: expect.any(Number) }]);
    expect((await api.ask('GET', '/v1/webhooks', { as: 'buyer-bob' })).body.data).toEqual([]);
    expectProblem(await api.ask('DELETE', `/v1/webhooks/${made.id}`, { as: 'buyer-bob' }), 'not-found');
    expect((await api.ask('DELETE', `/v1/webhooks/${made.id}`)).status).toBe(204);
    expectProblem(await api.ask('DELETE', `/v1/webhooks/${made.id}`), 'not-found');
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
      expect(answer.body.detail).toContain('WEBHOOK_PRIVATE_TARGETS=true');
    } finally {
      await strict.close();
    }
  });
});
