import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { BREAKER_FAILURES, enableWebhook, takeProbe } from '../../office/webhooks/circuit-breaker.ts';
import { nextInQueue, noteDelivered, noteFailed } from '../../office/webhooks/delivery-queue.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const em = () => database.orm.em.fork();
const sql = <Row extends object>(statement: string, values: unknown[] = []) => em().execute<Row[]>(statement, values);
const queue = (order: number) => ({ webhookId: 'hook', orderId: `order-${order}` });
const idOf = (order: number) => ids[order - 1]!;
let ids: bigint[];

beforeEach(async () => {
  await sql('delete from webhooks');
  await sql(
    `insert into webhooks (id, party_id, role, url, secret_sealed) values ('hook', 'ada', 'buyer', 'https://example.com/', '')`,
  );
  const rows = await sql<{ id: string }>(
    `insert into webhook_deliveries (webhook_id, event_id, order_id)
     select 'hook', o, 'order-' || o from generate_series(1, 8) o returning id::text`,
  );
  ids = rows.map(({ id }) => BigInt(id));
});

const fail = (order: number, failure = {}) =>
  noteFailed(em(), queue(order), idOf(order), { message: 'no', ...failure });
const failAll = () => Promise.all(Array.from({ length: BREAKER_FAILURES }, (_, index) => fail(index + 1)));
const webhook = async () =>
  (
    await sql<{ failures: number; open: boolean; wait: number; reason: string | null; prober: string | null }>(
      `select failures, retry_at is not null as open, extract(epoch from retry_at - now())::float8 as wait,
       disabled_reason as reason, prober from webhooks`,
    )
  )[0]!;
const due = async () =>
  (
    await sql<{ order_id: string }>(
      `select order_id from webhook_deliveries where status = 'pending' and due_at <= now() order by id`,
    )
  ).map((row) => row.order_id);

describe('the breaker', () => {
  test('stays closed while others succeed, and opens after failures in a row', async () => {
    for (let order = 1; order < BREAKER_FAILURES; order++) await fail(order);
    await noteDelivered(em(), queue(8), idOf(8));
    expect(await webhook()).toMatchObject({ failures: 0, open: false });
    await failAll();
    expect(await webhook()).toMatchObject({ failures: BREAKER_FAILURES, open: true });
  });

  test('waits as long as the receiver has been away, half an hour or so at most', async () => {
    await failAll();
    const since = Date.now();
    await sql(`update webhooks set failing_since = now() - interval '3 minutes', retry_at = now()`);
    await fail(1);
    const { wait } = await webhook();
    const awaySeconds = 180 + (Date.now() - since) / 1000;
    expect(wait).toBeGreaterThan(100);
    expect(wait).toBeLessThan(awaySeconds * 1.2 + 1);
    await sql(`update webhooks set failing_since = now() - interval '2 days', retry_at = now()`);
    await fail(1);
    expect((await webhook()).wait).toBeGreaterThan(1500);
    expect((await webhook()).wait).toBeLessThan(2161);
  });

  test('is not shortened by an attempt that began before it opened', async () => {
    await fail(1, { retryAfterMs: 900_000 });
    await fail(2, { retryAfterMs: 1000 });
    expect((await webhook()).wait).toBeGreaterThan(800);
  });

  test('lets one queue try, and another when that one does nothing', async () => {
    await failAll();
    const taken = await Promise.all([6, 7, 8].map((order) => takeProbe(em(), queue(order))));
    expect(taken.filter(Boolean)).toHaveLength(1);
    const { prober } = await webhook();
    const other = [6, 7, 8].find((order) => queue(order).orderId !== prober)!;
    expect(await takeProbe(em(), queue(other))).toBe(false);
    await sql(`update webhooks set prober_until = now() - interval '1 second'`);
    expect(await takeProbe(em(), queue(other))).toBe(true);
  });

  test('gives another queue its turn after a try that failed', async () => {
    await failAll();
    expect(await takeProbe(em(), queue(6))).toBe(true);
    await fail(6);
    expect(await takeProbe(em(), queue(7))).toBe(true);
  });

  test('closed by a delivery, makes due what failed meanwhile, and not what failed before for its own reason', async () => {
    await fail(1);
    await sql(`update webhook_deliveries set failing_since = now() - interval '1 day', due_at = now() + interval '1 hour'
      where order_id = 'order-1'`);
    await noteDelivered(em(), queue(8), idOf(8));
    await Promise.all([2, 3, 4, 5, 6].map((order) => fail(order)));
    // Their own next attempts, a few seconds away, are not what makes them due here.
    await sql(`update webhook_deliveries set due_at = due_at + interval '1 hour' where failing_since is not null`);
    expect(await due()).toEqual(['order-7']);
    await noteDelivered(em(), queue(7), idOf(7));
    expect(await due()).toEqual(['order-2', 'order-3', 'order-4', 'order-5', 'order-6']);
  });
});

describe('a webhook is disabled', () => {
  test('for one reason only, the first, until it is enabled: then everything is due', async () => {
    await fail(1, { disable: 'gone' });
    await fail(2, { disable: 'party_forgotten' });
    expect(await webhook()).toMatchObject({ reason: 'gone' });
    await noteDelivered(em(), queue(3), idOf(3));
    expect(await webhook()).toMatchObject({ reason: 'gone' });
    await enableWebhook(em(), 'hook');
    expect(await webhook()).toMatchObject({ failures: 0, open: false, reason: null });
    expect(await due()).toHaveLength(7);
  });

  test('after three days only when it was tried often enough', async () => {
    await fail(1);
    await sql(`update webhooks set failing_since = now() - interval '4 days'`);
    await fail(2);
    expect(await webhook()).toMatchObject({ reason: null });
    await sql('update webhooks set failures = 9');
    expect(await fail(3)).toMatchObject({ disabled: 'failing', status: 'parked' });
  });
});

test('a queue of a deleted webhook has nothing to do, whatever was under way', async () => {
  await sql('delete from webhooks');
  expect(await fail(1)).toEqual({ status: 'parked', disabled: undefined });
  await noteDelivered(em(), queue(2), idOf(2));
  expect(await nextInQueue(em(), queue(3), true)).toEqual({ state: 'idle' });
});
