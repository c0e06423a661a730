import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { OrderId } from '../../domain/ids.ts';
import { OPEN_STAGES } from '../../domain/order.ts';
import { stillOrders } from '../../office/attention/still.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { newOrderId } from '../support/ledger-book.ts';

/* Orders that do not move and say nothing, by what their rows tell. */

let database: TestDatabase;
let owner: Client;
beforeAll(async () => {
  database = await testDatabase();
  owner = new Client({ connectionString: database.url });
  await owner.connect();
  // Rows as they may come to be, without the story that leads there.
  await owner.query('set session_replication_role = replica');
});
afterAll(async () => {
  await owner.end();
  await database.close();
});

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const ago = (ms: number) => new Date(Date.now() - ms);

interface Told {
  readonly quietMs?: number;
  readonly row?: Readonly<Record<string, unknown>>;
  readonly events?: readonly string[];
  readonly reportedMsAgo?: number;
}

async function onRecord(stage: string, { quietMs = 10 * MINUTE_MS, row = {}, events = [], reportedMsAgo }: Told) {
  const id = newOrderId();
  const values = { ...ROW, id, stage, updated_at: ago(quietMs), ...row };
  const names = Object.keys(values);
  await owner.query(
    `insert into orders (${names.join(', ')}) values (${names.map((_name, at) => `$${at + 1}`).join(', ')})`,
    Object.values(values),
  );
  for (const key of events)
    await owner.query(`insert into order_events (order_id, key, type, actor, body) values ($1, $2, $2, 'x', '{}')`, [
      id,
      key,
    ]);
  if (reportedMsAgo !== undefined)
    await owner.query(
      `insert into distribution_reports (order_id, event_id, kind, occurred_at, recorded_at) values ($1, 'e1', 'delivered', $2, $2)`,
      [id, ago(reportedMsAgo)],
    );
  return id;
}

const ROW = {
  buyer_id: 'ada',
  seller_id: 'shop',
  distributor_id: 'van',
  request_digest: 'digest',
  lines: '[]',
  deliver_to_sealed: 'sealed',
  settle_on: 'delivery',
  seller_agent: 'auto',
  distributor_agent: 'auto',
  request: '{"presentation":"auto"}',
};
const BY_HAND = { seller_agent: 'manual', distributor_agent: 'manual', request: '{"presentation":"manual"}' };
const INDICATED = ['payment_indicated'];
const NEEDS_SOMEBODY = JSON.stringify({ step: 'x', reason: 'DatabaseLocked', since: '', waitingOn: 'x' });
const ENDING = JSON.stringify({ stage: 'cancelled', reason: 'enough', actor: 'ada' });

test.each<[what: string, stage: string, told: Told, isStill: boolean]>([
  ['undecided for minutes', 'requested', {}, true],
  ['undecided for seconds', 'requested', { quietMs: 5_000 }, false],
  ['undecided, and says why', 'requested', { row: { attention: NEEDS_SOMEBODY } }, false],
  ['to be presented by itself', 'check_issued', {}, true],
  ['to be presented by hand', 'check_issued', { row: BY_HAND }, false],
  ['to be accepted by itself', 'presented', {}, true],
  ['to be accepted by hand', 'presented', { row: BY_HAND }, false],
  ['to be accepted by its own server', 'presented', { row: { seller_agent: 'site' } }, false],
  ['to be paid by hand', 'accepted', {}, false],
  ['to be paid by hand, long after it should have expired', 'accepted', { quietMs: 8 * DAY_MS }, true],
  ['to be planned by itself', 'accepted', { events: INDICATED }, true],
  ['to be planned by hand', 'accepted', { events: INDICATED, row: BY_HAND, quietMs: 8 * DAY_MS }, false],
  ['to be planned by hand for too long', 'accepted', { events: INDICATED, row: BY_HAND, quietMs: 15 * DAY_MS }, true],
  ['to be delivered tomorrow', 'scheduled', { row: { deliver_at: ago(-DAY_MS) }, quietMs: 40 * DAY_MS }, false],
  ['late by an hour', 'scheduled', { row: { deliver_at: ago(60 * MINUTE_MS) } }, false],
  ['late, and nobody says so', 'in_distribution', { row: { deliver_at: ago(2 * DAY_MS) } }, true],
  ['delivered, which was not taken up', 'scheduled', { reportedMsAgo: 6 * MINUTE_MS }, true],
  ['delivered just now', 'scheduled', { reportedMsAgo: 1_000 }, false],
  ['delivered, and taken up', 'in_distribution', { reportedMsAgo: DAY_MS, events: ['distribution:e1'] }, false],
  ['to be paid by the office', 'delivered', { row: { payment_status: 'held' } }, true],
  ['to be demanded by its seller', 'delivered', { row: { payment_demand: 'own', payment_status: 'held' } }, false],
  ['paid, and not completed', 'delivered', { row: { payment_demand: 'own', payment_status: 'settled' } }, true],
  ['decided to end, and has not', 'scheduled', { row: { ending: ENDING } }, true],
  ['completed', 'completed', { quietMs: 40 * DAY_MS }, false],
  ['cancelled', 'cancelled', { quietMs: 40 * DAY_MS, row: { ending: ENDING } }, false],
])('%s', async (_what, stage, told, isStill) => {
  const id = await onRecord(stage, told);
  const em = () => database.orm.em.fork();
  expect((await stillOrders(em())).some((order) => order.id === id)).toBe(isStill);
  expect((await stillOrders(em(), id)).map((order) => order.id)).toEqual(isStill ? [id] : []);
});

test('orders on their way cost nothing until they are due, reported of or to end, however many they are', async () => {
  const em = database.orm.em.fork();
  let plan = '';
  const explained = {
    async execute(statement: string, bounds: unknown[]) {
      await em.begin();
      // A table as small as this one is read as a whole.
      await em.execute('set local enable_seqscan = off');
      plan = JSON.stringify(await em.execute(`explain ${statement}`, bounds));
      await em.rollback();
      return [];
    },
  };
  await stillOrders(explained as unknown as typeof em);
  for (const index of ['orders_on_their_way_index', 'orders_to_end_index', 'distribution_reports_recorded_index'])
    expect(plan).toContain(index);
  expect(plan).not.toContain('Seq Scan on orders');
});

test('every open stage can be one in which an order does not move', async () => {
  const found = await stillOrders(database.orm.em.fork());
  expect(new Set(found.map(({ stage }) => stage))).toEqual(new Set(OPEN_STAGES));
  const moments = found.map(({ since }) => since.getTime());
  expect(moments).toEqual(moments.toSorted((one, other) => one - other));
  expect(moments.every((moment) => moment < Date.now() - 5 * MINUTE_MS)).toBe(true);
  expect(await stillOrders(database.orm.em.fork(), 'order-0000000000000000000000000' as OrderId)).toEqual([]);
});
