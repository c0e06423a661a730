import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { verifyOffline } from '../../cli/verify-offline.ts';
import { ECheck } from '../../entities/echeck.entity.ts';
import type { Stage } from '../../domain/order.ts';
import { reconcileBooks, reconcileWorkflows } from '../../office/reconciliation/index.ts';
import { loadMasterKey } from '../../platform/key-files.ts';
import { connectOrm, type Orm } from '../../platform/orm.ts';
import { createSealer, type Sealer } from '../../platform/sealing.ts';
import { fillHistory, type Filled } from '../../scripts/history/fill.ts';
import { DAY_MS, STORY_NAMES, type PlannedOrder, type StoryName } from '../../scripts/history/plan.ts';
import { orderIdFor } from '../../api/orders/place-order.ts';
import { checkOffice, ISSUER, type CheckOffice } from '../office/checks-support.ts';

/* The example history in a real database: every ending, in the past, and all the books agree. */

const WEEKS = 6;
/** One of each story, and some more, so that sellers have something to be paid out. */
const ORDERS = STORY_NAMES.length + 22;

let office: CheckOffice;
let owner: Orm;
let sealer: Sealer;
let began: Date;
let filled: Filled;
let failure: unknown;
let leftOfFailure: unknown;
let orders: readonly PlannedOrder[] = [];

beforeAll(async () => {
  office = await checkOffice();
  owner = await connectOrm({ url: office.url, poolMax: 4 });
  sealer = createSealer({ orm: office.orm, masterKey: await loadMasterKey({ directory: office.directory }) });
  began = new Date();
  await fill({ ...sealer, seal: failingAfter(10) }).catch((error: unknown) => (failure = error));
  leftOfFailure = await rows('select id from orders');
  filled = await fill(sealer);
  if (filled.kind === 'filled') ({ orders } = filled);
}, 600_000);
afterAll(async () => {
  await owner.close();
  await office.close();
});

function fill(by: Sealer): Promise<Filled> {
  const keys = { keyRing: office.keyRing, sealer: by, issuer: ISSUER, statusListUri: 'urn:countersign:echeck-status' };
  return fillHistory({ owner, ...keys, weeks: WEEKS, orders: ORDERS });
}

function failingAfter(times: number): Sealer['seal'] {
  let left = times;
  return (party, value) => ((left -= 1) < 0 ? Promise.reject(new Error('no key')) : sealer.seal(party, value));
}

function rows<Row>(sql: string): Promise<Row[]> {
  return office.orm.em.fork().execute(sql);
}

const STAGE_OF: Record<StoryName, Stage> = {
  completed: 'completed',
  failedAttempt: 'completed',
  retried: 'completed',
  partlyRefunded: 'completed',
  refunded: 'refunded',
  returned: 'refunded',
  lost: 'refunded',
  declined: 'declined',
  sellerNotRegistered: 'rejected',
  distributorNotRegistered: 'rejected',
  notDeliverable: 'rejected',
  refusedBySeller: 'rejected',
  notPresented: 'expired',
  notDecided: 'expired',
  cancelledEarly: 'cancelled',
  cancelledLate: 'cancelled',
  stopped: 'cancelled',
  aborted: 'cancelled',
};

describe('the example history', () => {
  test('has every ending, each order as its story says', async () => {
    const stages = new Map(
      (await rows<{ id: string; stage: Stage }>('select id, stage from orders')).map(({ id, stage }) => [id, stage]),
    );
    const ended = orders.map(({ story, buyerId, key }) => [story, stages.get(orderIdFor(buyerId, key))]);
    expect(ended).toEqual(orders.map(({ story }) => [story, STAGE_OF[story]]));
    expect(new Set(orders.map(({ story }) => story))).toEqual(new Set(STORY_NAMES));
    expect(stages.size).toBe(ORDERS);
  });

  test('leaves no difference between the books, and no order that a workflow would have to work on', async () => {
    expect(await reconcileBooks(office.orm)).toEqual([]);
    const isOpen = async () => false;
    const facts = { async *listOpen() {}, async *listClosed() {}, isOpen, standing: async () => undefined };
    const now = new Date();
    expect(await reconcileWorkflows(office.orm, { facts, now, quietForMs: 0, closedSince: now })).toEqual([]);
    const sums = await rows<{ sum: string }>('select sum(amount) from entries group by currency');
    expect(sums).toEqual([{ sum: '0' }]);
    expect(await rows(`select id from accounts where kind = 'buyer' and held <> 0`)).toEqual([]);
  });

  test('has checks that verified on the day on which they were issued, whatever became of them', async () => {
    const jwks = await office.keyRing.publicJwks();
    const checks = await office.orm.em.fork().find(ECheck, {});
    const refused = orders.filter(
      ({ story }) => ['declined', 'rejected'].includes(STAGE_OF[story]) && story !== 'refusedBySeller',
    );
    expect(checks).toHaveLength(ORDERS - refused.length);
    for (const { jws, issuedAt } of checks) {
      const verdict = await verifyOffline(jws, { jwks, issuer: ISSUER, now: () => issuedAt.getTime() });
      expect(verdict).toMatchObject({ valid: true });
    }
    const statuses = new Set(checks.map(({ status }) => status));
    expect(statuses).toEqual(new Set(['final', 'refunded', 'returned', 'voided', 'expired', 'stopped']));
  });

  test.each([
    ['order_events', 'occurred_at', 'order_id'],
    ['entries', 'created_at', 'account_id'],
    ['distribution_reports', 'occurred_at', 'order_id'],
  ])('happened in the past, one after the other: %s', async (table, at, of) => {
    const found = await rows<{ at: Date; former: Date | null }>(
      `select ${at} as at, lag(${at}) over (partition by ${of} order by id) as former from ${table}`,
    );
    expect(found.length).toBeGreaterThan(ORDERS / 4);
    const early = new Date(began.getTime() - (WEEKS + 3) * 7 * DAY_MS);
    for (const row of found) {
      const moment = new Date(row.at);
      expect(moment < began && moment > early).toBe(true);
      // Two events of one moment are told apart by some milliseconds, a report that led to them is not.
      if (row.former) expect(moment.getTime() - new Date(row.former).getTime()).toBeGreaterThan(-1_000);
    }
  });

  test('has rows that were last changed in the past', async () => {
    const since = began.toISOString();
    for (const [table, at] of [
      ['orders', 'created_at'],
      ['orders', 'updated_at'],
      ['echecks', 'updated_at'],
      ['transfers', 'created_at'],
      ['distribution_reports', 'recorded_at'],
    ])
      expect([table, at, await rows(`select 1 from ${table} where ${at} >= '${since}'`)]).toEqual([table, at, []]);
  });

  test('pays sellers out, and gives back in full and in part', async () => {
    const kinds = await rows<{ kind: string }>('select distinct kind from transfers order by kind');
    expect(kinds.map(({ kind }) => kind)).toEqual(['capture', 'deposit', 'expire', 'hold', 'payout', 'refund', 'void']);
    const refunds = await rows(`select 1 from orders where refunded_amount > 0 and refunded_amount < settled_amount`);
    expect(refunds).toHaveLength(orders.filter(({ story }) => story === 'partlyRefunded').length);
  });

  test('needs nobody: what needed a person is over', async () => {
    expect(await rows('select id from orders where attention is not null')).toEqual([]);
    const raised = await rows<{ type: string }>(
      `select type from order_events where type like 'attention%' order by type`,
    );
    expect(raised.filter(({ type }) => type === 'attention_raised').length).toBeGreaterThanOrEqual(2);
    expect(raised.filter(({ type }) => type === 'attention_cleared')).toHaveLength(raised.length / 2);
  });

  test('that fails half way is none', () => {
    expect([failure, leftOfFailure]).toEqual([new Error('no key'), []]);
  });

  test('is there once: a second run adds nothing', async () => {
    const counts = () => rows('select (select count(*) from orders), (select count(*) from transfers) as transfers');
    const before = await counts();
    expect(await fill(sealer)).toEqual({ kind: 'there' });
    expect(await counts()).toEqual(before);
  });

  test('leaves the rules as they were: a time that was written stays', async () => {
    const change = owner.em.fork().execute('update order_events set occurred_at = now()');
    await expect(change).rejects.toThrow('kept for ever');
  });
});
