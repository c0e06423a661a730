import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  admitQueues,
  readmitLater,
  QUEUES_OF_PARTY,
  QUEUES_OF_WEBHOOK,
  type AdmittedQueue,
} from '../../office/webhooks/admission.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await sql('delete from webhooks');
});

const sql = (statement: string, values: unknown[] = []) => database.orm.em.fork().execute(statement, values);

/** A webhook with so many orders of so many pending events each. */
async function webhook(id: string, party: string, orders: number, events = 1): Promise<void> {
  await sql(
    `insert into webhooks (id, party_id, role, url, secret_sealed) values (?, ?, 'buyer', 'https://example.com/', '')`,
    [id, party],
  );
  await sql(
    `insert into webhook_deliveries (webhook_id, event_id, order_id)
     select ?, o * 1000 + e, 'order-' || o from generate_series(1, ?::int) o, generate_series(1, ?::int) e order by o, e`,
    [id, orders, events],
  );
}

const admit = async (limit = 100): Promise<readonly AdmittedQueue[]> => (await admitQueues(database.orm, limit)) ?? [];
const count = (queues: readonly AdmittedQueue[], key: (queue: AdmittedQueue) => string) => {
  const counts: Record<string, number> = {};
  for (const queue of queues) counts[key(queue)] = (counts[key(queue)] ?? 0) + 1;
  return counts;
};
const deliverAll = (queues: readonly AdmittedQueue[]) =>
  Promise.all(
    queues.map(({ webhookId, orderId }) =>
      sql(`update webhook_deliveries set status = 'delivered' where webhook_id = ? and order_id = ?`, [
        webhookId,
        orderId,
      ]),
    ),
  );

test("a flood of ten thousand events takes a webhook's share, and goes on as queues end, the oldest first", async () => {
  await webhook('flood', 'ada', 10_000);
  const first = await admit();
  expect(first.map(({ orderId }) => orderId).toSorted()).toEqual(
    Array.from({ length: QUEUES_OF_WEBHOOK }, (_, index) => `order-${index + 1}`).toSorted(),
  );
  expect(await admit()).toEqual([]);
  await deliverAll(first.slice(0, 3));
  expect((await admit()).map(({ orderId }) => orderId).toSorted()).toEqual(['order-11', 'order-12', 'order-13']);
});

test('a party has its share however many webhooks it has, and each of them at least one queue', async () => {
  for (let index = 0; index < 30; index++) await webhook(`many-${index}`, 'ada', 5);
  await webhook('bob', 'bob', 3);
  const queues = await admit();
  expect(Object.keys(count(queues, ({ webhookId }) => webhookId))).toHaveLength(31);
  expect(count(queues, ({ partyId }) => partyId)).toEqual({ ada: Math.max(QUEUES_OF_PARTY, 30), bob: 3 });
});

test('parties come in turn when there is room for few', async () => {
  await webhook('of-ada', 'ada', 50);
  await webhook('of-bob', 'bob', 2);
  await webhook('of-eve', 'eve', 50);
  expect(count(await admit(6), ({ partyId }) => partyId)).toEqual({ ada: 2, bob: 2, eve: 2 });
});

test('a queue is admitted as a whole, and not again while it works', async () => {
  await webhook('queue', 'ada', 1, 5);
  expect(await admit()).toHaveLength(1);
  await sql(`insert into webhook_deliveries (webhook_id, event_id, order_id) values ('queue', 9999, 'order-1')`);
  expect(await admit()).toEqual([]);
  await sql(`update webhook_deliveries set status = 'delivered' where event_id < 9999`);
  expect(await admit()).toHaveLength(1);
});

test('behind an open breaker one queue is admitted, the longest due, and none of a disabled webhook', async () => {
  await webhook('failing', 'ada', 1000);
  await webhook('disabled', 'ada', 10);
  await sql(
    `update webhooks set failures = 5, failing_since = now(), retry_at = now() + interval '1 hour' where id = 'failing'`,
  );
  await sql(`update webhooks set disabled_at = now(), disabled_reason = 'gone' where id = 'disabled'`);
  await sql(
    `update webhook_deliveries set due_at = now() - interval '1 hour' where webhook_id = 'failing' and order_id = 'order-77'`,
  );
  expect(await admit()).toEqual([{ webhookId: 'failing', orderId: 'order-77', role: 'buyer', partyId: 'ada' }]);
  expect(await admit()).toEqual([]);
});

test('no queue is admitted in the place of the one that has the right to try, as long as that one is waited for', async () => {
  await webhook('failing', 'ada', 9);
  await sql(`update webhooks set failures = 5, failing_since = now(), retry_at = now() + interval '1 hour', prober = 'order-9',
    prober_until = now() + interval '2 hours'`);
  expect((await admit()).map(({ orderId }) => orderId)).toEqual(['order-9']);
  await sql(`update webhook_deliveries set told = false`);
  await sql(`update webhooks set prober_until = now() - interval '1 second'`);
  expect((await admit()).map(({ orderId }) => orderId)).toEqual(['order-1']);
});

test('a delivery that is not due yet waits; a queue that could not be signalled waits a little', async () => {
  await webhook('due', 'ada', 2);
  await sql(`update webhook_deliveries set due_at = now() + interval '1 hour' where order_id = 'order-1'`);
  const [queue, ...rest] = await admit();
  expect([queue?.orderId, rest]).toEqual(['order-2', []]);
  const since = Date.now();
  await readmitLater(database.orm.em.fork(), queue!);
  const early = await admit();
  if (Date.now() - since < 5_000) expect(early).toEqual([]);
  await sql('update webhook_deliveries set due_at = now(), told = false');
  expect(await admit()).toHaveLength(2);
});

test('queues that were signalled and did nothing are signalled again, but for the one that waits to try a failing receiver', async () => {
  await webhook('forgotten', 'ada', 2);
  await webhook('failing', 'ada', 1);
  expect(await admit()).toHaveLength(3);
  await sql(
    `update webhook_deliveries set told_at = now() - interval '1 hour', updated_at = now() - interval '1 hour'`,
  );
  await sql(`update webhooks set failures = 5, failing_since = now(), retry_at = now() + interval '1 hour', prober = 'order-1',
    prober_until = now() + interval '1 hour' where id = 'failing'`);
  expect(count(await admit(), ({ webhookId }) => webhookId)).toEqual({ forgotten: 2 });
});

test('processes that choose at once choose no queue twice', async () => {
  await webhook('raced', 'ada', 200);
  const queues = (await Promise.all(Array.from({ length: 8 }, () => admit()))).flat();
  expect(new Set(queues.map(({ orderId }) => orderId)).size).toBe(queues.length);
  expect(queues).toHaveLength(QUEUES_OF_WEBHOOK);
});
