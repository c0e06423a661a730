import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createWebhookActivities } from '../../activities/webhook-delivery.ts';
import { webhookWorkflowId } from '../../workflows/messages/webhook.ts';
import { expectProblem, type Answer, type TestApi } from './support.ts';
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

const CHECKS = { types: ['check_issued'] };
const hook = async (types: object = CHECKS) => (await service.hook({ url: receiver.url, ...types })).id;
const read = (id: string) => api.ask('GET', `/v1/webhooks/${id}`);
const when = (id: string, good: (webhook: Answer['body']) => boolean) =>
  until(
    () => read(id),
    ({ body }) => good(body),
  );
const enable = (id: string) => api.ask('POST', `/v1/webhooks/${id}/enable`);
const deliveries = async (id: string) => (await api.ask('GET', `/v1/webhooks/${id}/deliveries`)).body.data;
const sql = <Row extends object>(statement: string, values: unknown[]) =>
  api.database.orm.em.fork().execute<Row[]>(statement, values);
const place = (name: string, count: number) =>
  Promise.all(Array.from({ length: count }, (_, index) => service.place(`${name}-${index}`)));
const ordersOf = ({ received }: Receiver, answered: number) =>
  received.filter((one) => one.answered === answered).map(({ body }) => body.data.orderId as string);

/** Until one queue waits for the far time at which it may try, and nothing is on its way: all that was sent is on record. */
async function settled(id: string): Promise<void> {
  await until(
    async () => {
      const [found] = await sql<{ waiting: boolean; attempts: number }>(
        `select coalesce(prober_until > now() + interval '30 minutes', false) as waiting,
           (select sum(attempts)::int from webhook_deliveries where webhook_id = w.id) as attempts from webhooks w where w.id = ?`,
        [id],
      );
      return { ...found, received: receiver.received.length };
    },
    ({ waiting = false, attempts, received }) => waiting && attempts === received,
  );
}

describe('the circuit breaker', () => {
  test('opens after failures in a row, lets one event try at a time, and closes when that one arrives', async () => {
    receiver.answer = () => 500;
    const id = await hook();
    const orders = await place('breaker', 7);
    const { body } = await when(id, ({ failing, pending }) => failing?.nextAttemptAt && pending === 7);
    expect(body).toMatchObject({ status: 'failing', failing: { lastError: 'the receiver answered 500' } });

    // As if it had failed for an hour: then the next wait is the longest, and nothing is tried meanwhile.
    const hold = `failing_since = now() - interval '1 hour', retry_at = now() + interval '1 hour'`;
    await sql(`update webhooks set ${hold} where id = ?`, [id]);
    await settled(id);
    // A queue of before the breaker was there ends instead of trying.
    const former = createWebhookActivities(api.deps);
    expect(await former.deliverNext({ webhookId: id, orderId: orders[0]! })).toBe('idle');
    const before = receiver.received.length;
    await sql('update webhooks set retry_at = now() where id = ?', [id]);
    await sql('update webhook_deliveries set told = false, due_at = now() where webhook_id = ?', [id]);
    await receiver.until(({ length }) => length > before);
    await when(id, ({ failing }) => Date.parse(failing?.nextAttemptAt) > Date.now() + 60_000);
    expect(receiver.received).toHaveLength(before + 1);

    receiver.answer = () => 204;
    // Whoever waits for the time to try sleeps for half an hour: enabling wakes it.
    await enable(id);
    await receiver.until((all) => all.filter(({ answered }) => answered === 204).length === 7);
    expect(ordersOf(receiver, 204).toSorted()).toEqual(orders.toSorted());
    await when(id, ({ status, failing, pending }) => status === 'active' && failing === null && pending === 0);
  });

  test('closes by itself when the receiver is back', async () => {
    receiver.answer = () => 500;
    const id = await hook();
    await place('back', 6);
    await when(id, ({ failing }) => failing?.nextAttemptAt);
    receiver.answer = () => 204;
    await when(id, ({ status, pending }) => status === 'active' && pending === 0);
    expect(new Set(ordersOf(receiver, 204)).size).toBe(6);
  });
});

describe('Retry-After', () => {
  const inTwoHours = () => new Date(Date.now() + 2 * 60 * 60 * 1000).toUTCString();

  test.each([
    ['seconds', 503, () => '1800', 1800],
    ['an HTTP date, an hour at most', 429, inTwoHours, 3600],
  ])('in %s is honoured for every event of the webhook', async (name, status, header, seconds) => {
    receiver.answer = () => ({ status, headers: { 'retry-after': header() } });
    const asked = Date.now();
    const id = await hook();
    const [first] = await place(`${name}-1`, 1);
    const { body } = await when(id, ({ failing }) => failing?.nextAttemptAt);
    const wait = Date.parse(body.failing.nextAttemptAt) - asked;
    expect(wait).toBeGreaterThanOrEqual(seconds * 1000);
    expect(wait).toBeLessThan((seconds + 120) * 1000);

    const [second] = await place(`${name}-2`, 1);
    await when(id, ({ pending }) => pending === 2);
    receiver.answer = () => 200;
    await enable(id);
    await receiver.until((all) => all.filter(({ answered }) => answered === 200).length === 2);
    expect(receiver.received.map(({ answered }) => answered)).toEqual([status, 200, 200]);
    expect(new Set(ordersOf(receiver, 200))).toEqual(new Set([first, second]));
  });

  test('is nothing to go by after another status', async () => {
    receiver.answer = () => ({ status: 500, headers: { 'retry-after': '1800' } });
    const id = await hook();
    await place('other', 1);
    const { body } = await when(id, ({ failing }) => failing);
    expect(body.failing).toMatchObject({ attempts: 1, nextAttemptAt: null });
  });
});

describe('a webhook is disabled', () => {
  test('at once by 410, keeps its events, is shown, and goes on when it is enabled', async () => {
    receiver.answer = () => 410;
    const id = await hook();
    const [first] = await place('gone-1', 1);
    const { body } = await when(id, ({ status }) => status === 'disabled');
    expect(body.disabled).toMatchObject({ reason: 'gone' });
    receiver.answer = () => 200;
    const [second] = await place('gone-2', 1);
    await when(id, ({ pending }) => pending === 2);
    expect(receiver.received).toHaveLength(1);
    const shown = await api.ask('GET', '/v1/webhooks?status=disabled', { as: 'operator-olga' });
    expect(shown.body.data.map((webhook: { id: string }) => webhook.id)).toEqual([id]);
    expect((await deliveries(id)).map(({ status }: { status: string }) => status)).toEqual(['pending', 'pending']);

    expect(await enable(id)).toMatchObject({ status: 200, body: { id, status: 'active', disabled: null } });
    await receiver.until(({ length }) => length === 3);
    expect(new Set(ordersOf(receiver, 200))).toEqual(new Set([first, second]));
    expect(receiver.received[0]?.headers['webhook-id']).toBe(
      receiver.received.find(({ body: { data }, answered }) => answered === 200 && data.orderId === first)?.headers[
        'webhook-id'
      ],
    );
  });

  test('after days of nothing but failures', async () => {
    receiver.answer = () => 500;
    const id = await hook();
    await place('days', 1);
    await when(id, ({ failing }) => failing);
    await sql(`update webhooks set failures = 20, failing_since = now() - interval '4 days' where id = ?`, [id]);
    await sql(
      `update webhook_deliveries set due_at = now(), failing_since = now() - interval '4 days' where webhook_id = ?`,
      [id],
    );
    const { body } = await when(id, ({ status }) => status === 'disabled');
    expect(body).toMatchObject({ disabled: { reason: 'failing' }, pending: 1 });
    expect(await deliveries(id)).toMatchObject([{ status: 'pending', lastError: 'the receiver answered 500' }]);
  });

  test("while its party's other webhooks go on", async () => {
    const other = await startReceiver();
    receiver.answer = () => 410;
    const id = await hook();
    await service.hook({ url: other.url, ...CHECKS });
    await place('others', 2);
    await other.until(({ length }) => length === 2);
    await when(id, ({ status }) => status === 'disabled');
    await other.close();
  });
});

test('an event that alone fails for days is dead, does not hold up the rest, and is resent on demand', async () => {
  receiver.answer = ({ body }) => (body.type === 'check_issued' ? 500 : 200);
  const id = await hook({ types: ['check_issued', 'order_completed'] });
  const [orderId] = await place('dead', 1);
  await service.deliver(orderId!);
  await when(id, ({ failing, pending }) => failing && pending === 2);
  await sql(
    `update webhook_deliveries set due_at = now(), failing_since = now() - interval '4 days'
    where webhook_id = ? and failing_since is not null`,
    [id],
  );
  await receiver.until((all) => all.some(({ body }) => body.type === 'order_completed'));
  const dead = (await api.ask('GET', `/v1/webhooks/${id}/deliveries?status=dead`)).body.data;
  expect(dead).toMatchObject([{ type: 'check_issued', orderId, lastError: 'the receiver answered 500' }]);
  receiver.answer = () => 200;
  expect((await api.ask('POST', `/v1/webhooks/${id}/deliveries/${dead[0].id}/resend`)).status).toBe(202);
  await when(id, ({ pending }) => pending === 0);
  expect(receiver.received.at(-1)).toMatchObject({ body: { type: 'check_issued' }, answered: 200 });
  expectProblem(await api.ask('POST', `/v1/webhooks/${id}/deliveries/999999/resend`), 'not-found');
});

test('deleting a webhook ends its queues, also the one that waits for an answer', async () => {
  receiver.answer = () => 'never';
  const webhookId = await hook();
  const [orderId] = await place('deleted', 1);
  await receiver.until(({ length }) => length === 1);
  expect((await api.ask('DELETE', `/v1/webhooks/${webhookId}`)).status).toBe(204);
  await api.client.workflow.getHandle(webhookWorkflowId({ webhookId, orderId: orderId! })).result();
});

test('a queue whose workflow was terminated is signalled again', async () => {
  receiver.answer = () => 'never';
  const webhookId = await hook();
  const [orderId] = await place('terminated', 1);
  await receiver.until(({ length }) => length === 1);
  await api.client.workflow.getHandle(webhookWorkflowId({ webhookId, orderId: orderId! })).terminate();
  receiver.answer = () => 200;
  await sql(
    `update webhook_deliveries set told_at = now() - interval '1 hour', updated_at = now() - interval '1 hour'
    where webhook_id = ?`,
    [webhookId],
  );
  await when(webhookId, ({ pending }) => pending === 0);
});

test('the metrics say how webhooks do, without naming any', async () => {
  receiver.answer = () => 410;
  const id = await hook();
  await place('metrics', 1);
  await when(id, ({ status }) => status === 'disabled');
  const { body } = await until(
    () => api.ask('GET', '/metrics', { as: null }),
    ({ body: page }) => /webhook_deliveries_pending\{status="disabled"\} 1/.test(page),
  );
  expect(body).toMatch(/^webhooks\{status="disabled"\} 1$/m);
  expect(body).toMatch(/^webhook_breakers_open\{status="failing"\} 0$/m);
  expect(body).toMatch(/^webhook_deliveries_oldest_seconds\{status="disabled"\} \d/m);
  expect(body).not.toContain(id);
});
