import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Stage } from '../../domain/order.ts';
import {
  countAttention,
  countByStage,
  countWaiting,
  dividedPeriod,
  moneyByBucket,
  ordersByBucket,
  stageTimes,
} from '../../office/statistics/index.ts';
import { bucketsOf, MOST_BUCKETS, MOST_DAYS } from '../../office/statistics/period.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import {
  completed,
  issue,
  newOrderId,
  openFunded,
  registerDistributor,
  settle,
  walkCheck,
} from '../support/ledger-book.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const em = () => database.orm.em.fork();
const DAY_MS = 86_400_000;
const NOON = new Date('2026-03-02T12:00:00Z');
const after = (minutes: number) => new Date(NOON.getTime() + minutes * 60_000);

/** An order as it is on record, with the minutes after noon at which its events happened. */
async function recorded(stage: Stage, events: Readonly<Record<string, number>>, change: Record<string, unknown> = {}) {
  const id = newOrderId();
  const [first = 0] = Object.values(events);
  const row = { buyer_id: 'ada', seller_id: 'shop', distributor_id: 'van', attention: null, ...change };
  await em().execute(
    `insert into orders (id, buyer_id, seller_id, distributor_id, attention, stage, request_digest, lines, deliver_to_sealed, settle_on, created_at)
     values (?, ?, ?, ?, ?, ?, 'digest', '[]', 'sealed', 'delivery', ?)`,
    [id, row.buyer_id, row.seller_id, row.distributor_id, row.attention, stage, after(first)],
  );
  for (const [key, minute] of Object.entries(events)) {
    const [type = '', kind] = key.split(':');
    await em().execute(
      `insert into order_events (order_id, key, type, actor, body, occurred_at) values (?, ?, ?, 'service', ?, ?)`,
      [id, key, type, JSON.stringify(kind === undefined ? {} : { kind }), after(minute)],
    );
  }
  return id;
}

test('empty books have all stages at nought, empty lines and no times', async () => {
  const period = dividedPeriod(NOON, after(60));
  const counts = await countByStage(em());
  expect(Object.keys(counts)).toHaveLength(13);
  expect(new Set(Object.values(counts))).toEqual(new Set([0]));
  expect([await countAttention(em()), await countWaiting(em()), await stageTimes(em(), period)]).toEqual([0, [], []]);
  const line = await ordersByBucket(em(), period);
  expect(line).toHaveLength(60);
  expect(line.every(({ placed, ended }) => placed === 0 && ended === 0)).toBe(true);
  const money = await moneyByBucket(em(), period);
  expect(money.every(({ data }) => data.every(({ held, settled }) => held === 0 && settled === 0))).toBe(true);
});

const clockOf = (at: string) => at.slice(11, 16);

test('orders by stage, and those placed and ended in their buckets', async () => {
  const trouble = { step: 'issueCheck', reason: 'TimedOut', since: NOON.toISOString(), waitingOn: 'check-office' };
  await recorded('cancelled', { order_requested: 0, order_completed: 30 });
  await recorded('declined', { order_requested: 0, order_declined: 1 });
  await recorded('presented', { order_requested: 2 }, { attention: JSON.stringify(trouble) });
  await recorded('expired', { order_requested: -10, order_completed: 20, order_refunded: 59 });
  await recorded('cancelled', { order_requested: 60, order_cancelled: 61 });
  expect(await countByStage(em())).toMatchObject({ cancelled: 2, declined: 1, presented: 1, expired: 1, requested: 0 });
  expect(await countAttention(em())).toBe(1);
  const line = await ordersByBucket(em(), dividedPeriod(NOON, after(60)));
  const busy = line.filter(({ placed, ended }) => placed + ended > 0);
  expect(busy.map(({ at, placed, ended }) => [clockOf(at), placed, ended])).toEqual([
    ['12:00', 2, 0],
    ['12:01', 0, 1],
    ['12:02', 1, 0],
    ['12:20', 0, 1],
    ['12:30', 0, 1],
    ['12:59', 0, 1],
  ]);
});

test('who waits for whom: what needs a person, and what is on its way in time, waits for nobody', async () => {
  const waits = (party: string, stage: Stage, minute: number) =>
    recorded(stage, { order_requested: minute }, { buyer_id: party, seller_id: party, distributor_id: party });
  await waits('anna', 'presented', 5);
  await waits('anna', 'presented', 3);
  await waits('bert', 'check_issued', 4);
  await waits('carl', 'requested', 1);
  const own = (await countWaiting(em())).filter(({ partyId }) => ['anna', 'bert', 'carl'].includes(partyId));
  expect(own).toEqual([
    { partyId: 'anna', stage: 'presented', what: 'to accept or refuse', count: 2, oldest: after(3).toISOString() },
    { partyId: 'bert', stage: 'check_issued', what: 'to present the check', count: 1, oldest: after(4).toISOString() },
  ]);
});

test('the time at a stage runs from the event that brought the order there to the one that took it on', async () => {
  const DAY = 24 * 60;
  const at = (minute: number) => DAY + minute;
  await recorded('delivered', {
    order_requested: at(-30),
    check_issued: at(-29),
    check_presented: at(-20),
    distribution_promised: at(10),
    dispatch_scheduled: at(11),
    'distribution_reported:picked_up': at(20),
    'distribution_reported:in_transit': at(25),
    'distribution_reported:delivered': at(39),
    distribution_completed: at(40),
  });
  for (const minutes of [1, 2, 3])
    await recorded('accepted', { check_presented: at(5), distribution_promised: at(5 + minutes) });
  await recorded('presented', { order_requested: at(0), check_issued: at(1), check_presented: at(70) });
  const times = await stageTimes(em(), dividedPeriod(after(at(0)), after(at(60))));
  expect(times.map(({ stage, count, p50Seconds }) => [stage, count, p50Seconds / 60])).toEqual([
    ['requested', 1, 1],
    ['presented', 4, 2.5],
    ['accepted', 1, 1],
    ['scheduled', 1, 9],
    ['in_distribution', 1, 20],
  ]);
  expect(times.find(({ stage }) => stage === 'presented')?.p95Seconds).toBeCloseTo(60 * (3 + 0.85 * 27), 5);
});

test('money is held at the end of a bucket, and settled within one', async () => {
  const { orm } = database;
  await registerDistributor(orm);
  await openFunded(orm, 'mill', { kind: 'seller' });
  await openFunded(orm, 'dora', { fundsMinor: 10_000n });
  const parties = { buyerId: 'dora', sellerId: 'mill' };
  await issue(orm, { ...parties, amountMinor: 300n });
  await completed(orm, { ...parties, amountMinor: 200n });
  await walkCheck(orm, await issue(orm, { ...parties, amountMinor: 100n }), ['voided']);
  await settle(orm, await issue(orm, { ...parties, amountMinor: 50n }), 20n);
  const now = Date.now();
  const euros = async (fromMinutes: number, toMinutes: number) => {
    const from = new Date(now + fromMinutes * 60_000);
    const money = await moneyByBucket(em(), dividedPeriod(from, new Date(now + toMinutes * 60_000)));
    return money.find(({ currency }) => currency === 'EUR')?.data ?? [];
  };
  const around = await euros(-60, 60);
  const held = around.map((bucket) => bucket.held);
  expect([held[0], held.at(-1), around.reduce((sum, { settled }) => sum + settled, 0)]).toEqual([0, 300, 220]);
  expect((await euros(-60, -30)).every((bucket) => bucket.held === 0 && bucket.settled === 0)).toBe(true);
  expect((await euros(30, 60)).every((bucket) => bucket.held === 300 && bucket.settled === 0)).toBe(true);
});

test('every period has at most so many buckets, which cover it without a gap', () => {
  const most = MOST_DAYS * DAY_MS;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: most }), (lengthMs) => {
      const period = dividedPeriod(NOON, new Date(NOON.getTime() + lengthMs));
      const buckets = bucketsOf(period);
      const end = (buckets.at(-1)?.getTime() ?? 0) + period.bucketSeconds * 1000;
      expect(buckets[0]).toEqual(NOON);
      expect(buckets.length).toBeLessThanOrEqual(MOST_BUCKETS);
      expect([end >= period.to.getTime(), end - period.bucketSeconds * 1000 < period.to.getTime()]).toEqual([
        true,
        true,
      ]);
    }),
  );
});
