import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { archive } from '../../cli/ops/archive.ts';
import { archiveBefore } from '../../office/archive/index.ts';
import { deposit, listEntries, openStatement, payOut, readMoneyTrace } from '../../office/ledger/index.ts';
import { listOrders, noteEvents, readOrder, readTimeline, refundOrder } from '../../office/orders/index.ts';
import { OUTBOX_START, placeOfEvent, readOrderEnd, readOutbox, recognisePlace } from '../../office/outbox/index.ts';
import { reconcileBooks } from '../../office/reconciliation/index.ts';
import { readFigures } from '../../office/statistics/index.ts';
import type { EventType, NewEvent } from '../../domain/timeline.ts';
import type { OrderId } from '../../domain/ids.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { completed, issue, openFunded, registerDistributor } from '../support/ledger-book.ts';
import { whileHolding } from '../support/lock-waits.ts';

let database: TestDatabase;
let owner: Client;
const ended: OrderId[] = [];
let open: OrderId;

beforeAll(async () => {
  database = await testDatabase();
  owner = new Client({ connectionString: database.url });
  await owner.connect();
  await registerDistributor(database.orm);
  await openFunded(database.orm, 'ada', { fundsMinor: 100_000n });
  await openFunded(database.orm, 'shop', { kind: 'seller' });
  for (let count = 0; count < 3; count += 1) ended.push(await completed(database.orm, ORDER));
  open = await issue(database.orm, ORDER);
  await payOut(database.orm, {
    accountId: 'ada',
    amount: { amount: 7, currency: 'EUR' },
    reference: 'rent',
    key: 'rent',
  });
  for (const [place, id] of [...ended, open].entries()) {
    const types: EventType[] = ['order_requested', 'check_issued', 'check_presented', 'distribution_instructed'];
    if (id !== open) types.push('order_completed');
    await noteEvents(
      database.orm.em.fork(),
      id,
      types.map((type, step) => eventOf(type, new Date(Date.UTC(2026, place, 1 + 10 * step)).toISOString())),
    );
  }
});
afterAll(async () => {
  await owner.end();
  await database.close();
});

const ORDER = { buyerId: 'ada', sellerId: 'shop', amountMinor: 1_000n };
/** The entries are booked later than this. */
const BEGUN = Date.now();
const IN_AN_HOUR = new Date(Date.now() + 3_600_000);
const em = () => database.orm.em.fork();

function eventOf(type: EventType, occurredAt: string): NewEvent {
  return { key: type, type, actor: 'service', body: { note: type }, occurredAt };
}

async function archiveAll(before = IN_AN_HOUR) {
  const sum = { orders: 0, events: 0, entries: 0 };
  for await (const { orders, events, entries } of archiveBefore(database.orm, before)) {
    sum.orders += orders;
    sum.events += events;
    sum.entries += entries;
  }
  return sum;
}

/** What is only live, by table; rows of all partitions are read without `only`. */
async function live(): Promise<Record<string, number>> {
  const { rows } = await owner.query<Record<string, number>>(
    `select (select count(*)::int from only order_events) as events, (select count(*)::int from only entries) as entries,
       (select count(*)::int from order_events) as all_events, (select count(*)::int from entries) as all_entries`,
  );
  return rows[0] ?? {};
}

const scopes = [
  { role: 'operator' },
  { role: 'buyer', partyId: 'ada' },
  { role: 'seller', partyId: 'shop' },
  { role: 'distributor', partyId: 'distributor-test' },
] as const;

/** Everything that somebody reads of orders and money. */
const READS: Record<string, () => Promise<unknown>> = {
  orders: () => Promise.all(ended.map((id) => readOrder(em(), id))),
  'lists of each role': () => Promise.all(scopes.map((scope) => listOrders(em(), { scope, limit: 10 }))),
  timelines: () => Promise.all([...ended, open].map((id) => readTimeline(em(), id))),
  'money of each order': () => Promise.all([...ended, open].map((id) => readMoneyTrace(database.orm, id))),
  'entries, page by page': async () => {
    const first = await listEntries(database.orm, 'ada', { limit: 3 });
    return [first, await listEntries(database.orm, 'ada', { limit: 100, before: first.next })];
  },
  statements: () =>
    Promise.all(
      ['ada', 'shop'].map((accountId) =>
        openStatement(database.orm, { accountId, limit: 100, to: IN_AN_HOUR.toISOString() }),
      ),
    ),
  'the stream of each role': () =>
    Promise.all(scopes.map((scope) => readOutbox(em(), { after: OUTBOX_START, upTo: 1_000_000n, limit: 100, scope }))),
  'the middle of the stream': () => readOutbox(em(), { after: 4n, upTo: 9n, limit: 3 }),
  'ends of orders': () => Promise.all([...ended, open].map((id) => readOrderEnd(em(), id))),
  'places in the stream': async () => recognisePlace(em(), await placeOfEvent(em(), 5n)),
  figures: () => readFigures(em(), new Date('2026-01-01T00:00:00Z'), new Date('2026-03-20T00:00:00Z')),
  'the comparison of the books': () => reconcileBooks(database.orm),
};

describe('what ended before a time moves out of the live tables', () => {
  const before: Record<string, unknown> = {};
  beforeAll(async () => {
    for (const [name, read] of Object.entries(READS)) before[name] = await read();
  });

  test('only what ended, only before the time, and nothing twice', async () => {
    const all = await live();
    expect(await archiveAll(new Date('2026-01-01T00:00:00Z'))).toEqual({ orders: 0, events: 0, entries: 0 });
    // The entries of these orders are younger than their events, which the test has dated back.
    expect(await archiveAll(new Date(BEGUN))).toEqual({ orders: 0, events: 0, entries: 0 });
    expect(await archiveAll()).toEqual({ orders: 3, events: 15, entries: 3 * 3 + 4 });
    expect(await live()).toEqual({ ...all, events: 4, entries: 1 });
    expect(await archiveAll()).toEqual({ orders: 0, events: 0, entries: 0 });
  });

  test.each(Object.keys(READS))('nobody sees a difference: %s', async (name) => {
    expect(await READS[name]?.()).toEqual(before[name]);
  });

  test('a month that was taken out takes in nothing more: what is to go there stays, and it is said', async () => {
    const [id = open] = ended;
    const month = 'archive.order_events_2026_01';
    await owner.query(`alter table ${month} no inherit order_events`);
    await noteEvents(em(), id, [eventOf('message_ignored', '2026-01-20T00:00:00Z')]);
    await expect(archiveAll()).rejects.toThrow(`${month} was taken out of order_events`);
    await expect(owner.query('delete from only order_events where order_id = $1', [id])).rejects.toThrow(
      `${month} was taken out of order_events`,
    );
    expect(await live()).toMatchObject({ events: 5 });
    await owner.query(`alter table ${month} inherit order_events`);
    expect(await archiveAll()).toEqual({ orders: 1, events: 1, entries: 0 });
  });

  test('each month has its table, and says so to the planner', async () => {
    const { rows } = await owner.query<{ name: string }>(
      `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'order_events'::regclass order by 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual(
      ['01', '02', '03', '04', '05'].map((month) => `archive.order_events_2026_${month}`),
    );
    const { rows: plan } = await owner.query<{ 'QUERY PLAN': string }>(
      `explain select * from order_events where occurred_at >= '2026-04-01' and occurred_at < '2026-05-01'`,
    );
    expect(plan.map((row) => row['QUERY PLAN']).join()).not.toContain('2026_01');
  });
});

const REPLAYED = { ok: true, value: { replayed: true } };

describe('an archived order', () => {
  test('is told the same event again: it is left out; another one is noted', async () => {
    const [id = open] = ended;
    const events = (await readTimeline(em(), id)).length;
    await noteEvents(em(), id, [eventOf('order_completed', new Date().toISOString())]);
    expect(await readTimeline(em(), id)).toHaveLength(events);
    await noteEvents(em(), id, [eventOf('address_read', new Date().toISOString())]);
    expect(await readTimeline(em(), id)).toHaveLength(events + 1);
  });

  test('is refunded once, and archived again with what that left', async () => {
    const [, orderId = open] = ended;
    const refund = { orderId, amount: { amount: 40, currency: 'EUR' } as const, reason: 'broken', actor: 'shop' };
    expect(await refundOrder(database.orm, { ...refund, key: 'one' })).toMatchObject({ ok: true });
    expect(await refundOrder(database.orm, { ...refund, key: 'one' })).toMatchObject(REPLAYED);
    await refundOrder(database.orm, { orderId, reason: 'the rest', actor: 'shop', key: 'rest' });
    // With the order of the test above, of which the address was read.
    expect(await archiveAll()).toMatchObject({ orders: 2, events: 3, entries: 4 });
    expect(await archiveAll()).toEqual({ orders: 0, events: 0, entries: 0 });
    expect(await refundOrder(database.orm, { ...refund, key: 'one' })).toMatchObject(REPLAYED);
    expect(await reconcileBooks(database.orm)).toEqual([]);
  });
});

test('an event that comes while its order is moving waits, and is left out', async () => {
  const id = await completed(database.orm, ORDER);
  await noteEvents(em(), id, [eventOf('order_completed', new Date().toISOString())]);
  await archiveAll(new Date('2026-01-01T00:00:00Z'));
  const twice = await whileHolding(
    { url: database.url, statements: [`select archive_batch(now() + interval '1 hour', 100)`], waiters: 1 },
    async () =>
      em().execute(
        `insert into order_events (order_id, key, type, actor, body) values (?, 'order_completed', 'order_completed', 'x', '{}')
         on conflict do nothing returning id`,
        [id],
      ),
  );
  expect(twice).toEqual([]);
  expect(await readTimeline(em(), id)).toHaveLength(1);
});

test('the live table is locked for the table of one month at a time', async () => {
  for (const month of ['03', '04']) {
    const id = await completed(database.orm, ORDER);
    await noteEvents(em(), id, [eventOf('order_completed', `2025-${month}-05T00:00:00Z`)]);
  }
  const made = [];
  for (let call = 0; call < 3; call += 1) {
    const { rows } = await owner.query<{ made: number }>('select archive_months($1) as made', [IN_AN_HOUR]);
    made.push(rows[0]?.made);
  }
  expect(made).toEqual([1, 1, 0]);
  expect(await archiveAll()).toMatchObject({ orders: 2, events: 2 });
});

test('an order with an entry that its account does not count yet stays until it is counted', async () => {
  await owner.query('begin');
  await owner.query(`select from accounts where id = 'shop' for no key update`);
  const id = await completed(database.orm, ORDER);
  await owner.query('commit');
  await noteEvents(em(), id, [eventOf('order_completed', new Date().toISOString())]);
  expect(await archiveAll()).toEqual({ orders: 0, events: 0, entries: 0 });
  // The next movement of that account counts it.
  await deposit(database.orm, { accountId: 'shop', amount: { amount: 1, currency: 'EUR' }, key: 'counts' });
  expect(await archiveAll()).toMatchObject({ orders: 1, events: 1 });
  const late = await owner.query(`select from only late_entries where balance_after is not null`);
  expect(late.rowCount).toBe(0);
  expect(await reconcileBooks(database.orm)).toEqual([]);
});

describe('ops archive', () => {
  const connections = () => ({ books: database.orm, notes: [] });

  test('says what it has moved', async () => {
    const id = await completed(database.orm, ORDER);
    await noteEvents(em(), id, [eventOf('order_completed', '2026-01-05T00:00:00Z')]);
    const said = await archive(connections(), new Date(), () => undefined);
    expect(said).toMatch(/^Archived what ended before .*Z: 1 order, 1 event, 3 entries\. It is read as before\.$/);
  });
});

describe('nobody changes what is archived, or archives what is open', () => {
  test.each<[string, string, RegExp]>([
    ['change an entry', `update entries set amount = amount + 1`, /is kept for ever/],
    ['delete an archived entry', `delete from archive.MONTH_OF_ENTRIES`, /is kept for ever/],
    ['delete archived events', `delete from archive.order_events_2026_01`, /is kept for ever/],
    ['empty a month', `truncate archive.order_events_2026_01`, /is kept for ever/],
    [
      'forge an entry',
      `insert into archive.MONTH_OF_ENTRIES select * from entries where id = (select max(id) from entries)`,
      /is kept for ever/,
    ],
    ['forge an event', `insert into archive.order_events_2026_01 select * from order_events limit 1`, /kept for ever/],
    [
      'forge a late entry',
      `insert into archive.late_entries select id, account_id, 5, 5 from entries`,
      /kept for ever/,
    ],
    ['archive the events of an open order', `delete from only order_events`, /is kept for ever/],
    ['archive the entries of an open order', `delete from only entries`, /is kept for ever/],
  ])('the owner cannot %s', async (_trick, sql, why) => {
    const month = new Date().toISOString().slice(0, 7).replace('-', '_');
    await expect(owner.query(sql.replace('MONTH_OF_ENTRIES', `entries_${month}`))).rejects.toThrow(why);
  });

  test.each([
    'select * from archive.order_events_2026_01',
    'insert into archive.late_entries values (1, null, 1, 1)',
    'create table archive.x ()',
    'select archive_guard(1::regclass)',
    `select archive_name('x', now()::timestamp)`,
    'delete from only order_events',
  ])('the service cannot %s', async (sql) => {
    await expect(em().execute(sql)).rejects.toThrow('permission denied');
  });
});
