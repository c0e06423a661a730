import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { OrderId } from '../../domain/ids.ts';
import { WHAT_TO_DO, type DriftKind } from '../../domain/reconciliation.ts';
import { booksDrift, reconcile, reconcileBooks, type WorkflowFacts } from '../../office/reconciliation/books.ts';
import { connectOrm, type Orm } from '../../platform/orm.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import {
  completed,
  issue,
  moveCheck,
  newOrderId,
  openFunded,
  registerDistributor,
  walkCheck,
} from '../support/ledger-book.ts';

// Each kind of disagreement is made on purpose, by the owner of the tables with every trigger and constraint out of the
// way, and must be found exactly once, and nothing beside it.

let database: TestDatabase;
let owner: Orm;
beforeAll(async () => {
  database = await testDatabase();
  await registerDistributor(database.orm);
  await openFunded(database.orm, 'buyer', { fundsMinor: 1_000_000n });
  await openFunded(database.orm, 'shop', { kind: 'seller' });
  await database.orm.em.fork().execute("update sellers set fee_basis_points = 100 where id = 'shop'");
  owner = await connectOrm({ url: database.url, poolMax: 2 });
});
afterAll(async () => {
  await owner.close();
  await database.close();
});

const order = { buyerId: 'buyer', sellerId: 'shop', amountMinor: 1_000n };
let issued: OrderId;
let accepted: OrderId;
let paid: OrderId;
let voided: OrderId;
beforeEach(async () => {
  issued = await issue(database.orm, order);
  accepted = await issue(database.orm, order);
  await moveCheck(database.orm.em.fork(), accepted, 'presented', 'accepted');
  paid = await completed(database.orm, order);
  voided = await issue(database.orm, order);
  await walkCheck(database.orm, voided, ['voided']);
  await database.orm.em.fork().execute("update orders set stage = 'cancelled' where id = ?", [voided]);
});

/** Breaks the books and compares them, in a transaction that is then undone. */
async function driftAfter(
  sql: string,
): Promise<{ kind: DriftKind; orderId: string | null; accountId: string | null }[]> {
  expect(await reconcileBooks(database.orm)).toEqual([]);
  const vandal = owner.em.fork();
  await vandal.begin();
  try {
    // A superuser's replica plays no triggers: this is how a backup is restored, and how one would write around the ledger.
    await vandal.execute(`set local session_replication_role = replica`);
    await vandal.execute(sql);
    const drifts = await booksDrift(vandal);
    for (const drift of drifts) expect(drift.whatToDo).toBe(WHAT_TO_DO[drift.kind]);
    return drifts.map(({ kind, orderId, accountId }) => ({ kind, orderId, accountId }));
  } finally {
    await vandal.rollback();
  }
}

describe('what is broken on purpose is found exactly once:', () => {
  const transferOf = (step: string, orderId: OrderId) => `(select id from transfers where key = '${orderId}:${step}')`;
  const secondVoid = (orderId: OrderId) => `
    insert into transfers (key, kind, debit_account_id, credit_account_id, amount, currency, hold_id, order_id, check_number)
      select 'second', 'void', debit_account_id, credit_account_id, amount, currency, id, order_id, check_number from transfers where key = '${orderId}:issue';
    insert into entries (transfer_id, account_id, currency, amount, held_amount, balance_after, held_after)
      select id, 'buyer', 'EUR', 0, -amount, 0, 0 from transfers where key = 'second';
    update accounts set held = held - 1000 where id = 'buyer'`;
  const secondRefund = (orderId: OrderId) => `
    insert into transfers (key, kind, debit_account_id, credit_account_id, amount, currency, order_id)
      values ('too-much', 'refund', 'shop', 'buyer', 1500, 'EUR', '${orderId}');
    insert into entries (transfer_id, account_id, currency, amount, held_amount, balance_after, held_after)
      select id, 'buyer', 'EUR', amount, 0, 0, 0 from transfers where key = 'too-much' union all
      select id, 'shop', 'EUR', -amount, 0, 0, 0 from transfers where key = 'too-much';
    update accounts set balance = balance + case id when 'buyer' then 1500 else -1500 end where id in ('buyer', 'shop')`;

  test.each<[string, string, DriftKind]>([
    ['a stored balance', `update accounts set balance = balance + 1 where id = 'buyer'`, 'balance-differs'],
    ['a stored held sum', `update accounts set held = held + 1 where id = 'buyer'`, 'held-differs'],
  ])('%s', async (_what, sql, kind) => {
    expect(await driftAfter(sql)).toEqual([{ kind, orderId: null, accountId: 'buyer' }]);
  });

  const orderBreaks: [string, () => string, DriftKind, () => OrderId][] = [
    [
      'an entry lost',
      () => `delete from entries where transfer_id = ${transferOf('settle', paid)} and account_id = 'shop'`,
      'entries-differ',
      () => paid,
    ],
    [
      'an entry twice',
      () =>
        `insert into entries (transfer_id, account_id, currency, amount, held_amount, balance_after, held_after) select transfer_id, account_id, currency, amount, held_amount, balance_after, held_after from entries where transfer_id = ${transferOf('settle', paid)} and account_id = 'buyer'`,
      'entries-differ',
      () => paid,
    ],
    [
      'an entry of another amount',
      () =>
        `update entries set amount = amount + 1 where transfer_id = ${transferOf('settle', paid)} and account_id = 'shop'`,
      'entries-differ',
      () => paid,
    ],
    [
      'a fee that was not taken',
      () => `delete from entries where transfer_id = ${transferOf('settle', paid)} and account_id = 'office:fees:EUR'`,
      'entries-differ',
      () => paid,
    ],
    ['an order lost', () => `delete from orders where id = '${issued}'`, 'order-missing', () => issued],
    ['a check lost', () => `delete from echecks where order_id = '${accepted}'`, 'hold-without-check', () => accepted],
    [
      'a check over another sum than its hold',
      () => `update echecks set amount = 1001 where order_id = '${issued}'`,
      'check-without-hold',
      () => issued,
    ],
    [
      'a check on no hold at all',
      () => `update echecks set hold_id = -1 where order_id = '${issued}'`,
      'check-without-hold',
      () => issued,
    ],
    [
      'an order over another sum than its check',
      () => `update orders set charge_amount = 1001 where id = '${issued}'`,
      'check-differs-from-order',
      () => issued,
    ],
    [
      'a check that says paid and is not',
      () => `update echecks set status = 'cleared' where order_id = '${accepted}'`,
      'check-status-differs',
      () => accepted,
    ],
    [
      'a check that says void and is held',
      () => `update echecks set status = 'voided' where order_id = '${issued}'`,
      'check-status-differs',
      () => issued,
    ],
    [
      'a check that says open and was paid',
      () => `update echecks set status = 'accepted' where order_id = '${paid}'`,
      'check-status-differs',
      () => paid,
    ],
    ['a refund beyond what was paid', () => secondRefund(paid), 'refunded-too-much', () => paid],
    [
      'a settled sum',
      () => `update orders set settled_amount = 999 where id = '${paid}'`,
      'settled-differs',
      () => paid,
    ],
    [
      'a refunded sum',
      () => `update orders set refunded_amount = 1 where id = '${paid}'`,
      'refunded-differs',
      () => paid,
    ],
    [
      'a payment status',
      () => `update orders set payment_status = 'none' where id = '${issued}'`,
      'payment-status-differs',
      () => issued,
    ],
    [
      'an order ended over its hold',
      () => `update orders set stage = 'cancelled' where id = '${accepted}'`,
      'ended-with-hold',
      () => accepted,
    ],
    [
      'an order cancelled and charged',
      () => `update orders set stage = 'cancelled' where id = '${paid}'`,
      'ended-but-charged',
      () => paid,
    ],
    [
      'an order completed and unpaid',
      () => `update orders set stage = 'completed' where id = '${voided}'`,
      'completed-unpaid',
      () => voided,
    ],
  ];
  test.each(orderBreaks)('%s', async (_what, sql, kind, orderId) => {
    expect(await driftAfter(sql())).toEqual([{ kind, orderId: orderId(), accountId: null }]);
  });

  test('a transfer changed after the fact', async () => {
    const deposit = `update transfers set amount = amount + 1 where key = 'fund:buyer'`;
    expect(await driftAfter(deposit)).toEqual([{ kind: 'entries-differ', orderId: null, accountId: null }]);
  });

  test('a late entry forgotten, and one counted into nothing', async () => {
    const late = `insert into late_entries (entry_id, account_id, amount) select id, account_id, amount from entries where transfer_id = ${transferOf('settle', paid)} and account_id = 'shop'`;
    expect(await driftAfter(late)).toEqual([{ kind: 'balance-differs', orderId: null, accountId: 'shop' }]);
  });

  test('a credit line taken away under what is held', async () => {
    const drifts = await driftAfter(
      `alter table accounts drop constraint accounts_within_limit, drop constraint accounts_credit_limit_not_negative;
       update accounts set credit_limit = held - balance - 1 where id = 'buyer'`,
    );
    expect(drifts).toEqual([{ kind: 'limit-exceeded', orderId: null, accountId: 'buyer' }]);
  });

  test('a hold released twice', async () => {
    const drifts = await driftAfter(`drop index transfers_hold_resolved_once; ${secondVoid(voided)}`);
    expect(drifts).toEqual([{ kind: 'hold-resolved-twice', orderId: voided, accountId: null }]);
  });

  test('several breaks at once are each found', async () => {
    const drifts = await driftAfter(
      `update orders set settled_amount = 1 where id = '${paid}'; update accounts set held = 0 where id = 'buyer'; delete from echecks where order_id = '${issued}'`,
    );
    expect(drifts.map(({ kind }) => kind).toSorted()).toEqual([
      'held-differs',
      'hold-without-check',
      'settled-differs',
    ]);
  });
});

describe('orders and the workflows that work on them', () => {
  const later = () => new Date(Date.now() + 3_600_000);
  const comparing = (open: readonly string[], extra: Partial<WorkflowFacts> = {}) => ({
    now: later(),
    quietForMs: 60_000,
    closedSince: new Date(0),
    facts: {
      async *listOpen() {
        for (const orderId of open) yield { orderId, startedAt: new Date() };
      },
      async *listClosed() {},
      isOpen: async (orderId: string) => open.includes(orderId),
      standing: async () => undefined,
      ...extra,
    } satisfies WorkflowFacts,
  });
  async function running(): Promise<string[]> {
    const rows = await database.orm.em
      .fork()
      .execute<{ id: string }[]>("select id from orders where stage not in ('completed', 'cancelled')");
    return rows.map((row) => row.id);
  }
  const kinds = async (open: readonly string[], extra?: Partial<WorkflowFacts>) =>
    (await reconcile(database.orm, comparing(open, extra))).map(({ kind, orderId }) => [kind, orderId]);

  test('agree when every running order has its workflow, and no other is open', async () => {
    expect(await kinds(await running())).toEqual([]);
  });

  test('a running order without a workflow is found', async () => {
    const others = (await running()).filter((id) => id !== issued);
    expect(await kinds(others)).toEqual([['workflow-missing', issued]]);
  });

  test('an order that visibility does not list yet is asked for itself', async () => {
    const all = await running();
    const others = all.filter((id) => id !== issued);
    expect(await kinds(others, { isOpen: async (orderId) => all.includes(orderId) })).toEqual([]);
  });

  test('a workflow that runs on after its order has ended is found', async () => {
    expect(await kinds([...(await running()), paid])).toEqual([['workflow-left-open', paid]]);
  });

  test('a workflow without an order is found, one that is no order is not ours', async () => {
    const unknown = newOrderId();
    expect(await kinds([...(await running()), unknown, 'reconciliation'])).toEqual([
      ['workflow-without-order', unknown],
    ]);
  });

  /** What the workflow of the order says of itself, and all others as their records do. */
  const saying = (orderId: string, stage: string, standing: { atRest?: boolean; runs?: boolean } = {}) => ({
    async *listOpen() {
      for (const id of await running()) {
        yield { orderId: id, startedAt: new Date(), ...(id === orderId && { stage }) };
      }
    },
    standing: async () => ({ runs: true, atRest: true, stage, ...standing }),
  });

  test.each([
    ['presented', {}, 'record-behind'],
    ['completed', {}, 'record-behind'],
    ['presented', { atRest: false }, 'record-behind'],
    ['requested', {}, 'workflow-behind'],
    // A step is on record, and its workflow has not heard of it yet.
    ['requested', { atRest: false }, undefined],
    ['check_issued', {}, undefined],
    ['presented', { runs: false }, undefined],
    ['of another build', {}, undefined],
  ])('an order whose check is issued, and whose workflow says %s (%p): %s', async (stage, standing, kind) => {
    const found = await kinds(await running(), saying(issued, stage, standing));
    expect(found).toEqual(kind === undefined ? [] : [[kind, issued]]);
  });

  const ending = (...closed: readonly { orderId: string; stage?: string }[]) => ({
    async *listClosed() {
      yield* closed;
    },
  });

  test.each([
    ['order-lost', () => newOrderId(), 'completed'],
    ['order-lost', () => newOrderId(), undefined],
    ['endings-differ', () => paid, 'cancelled'],
    ['endings-differ', () => voided, 'completed'],
    [undefined, () => paid, 'completed'],
    [undefined, () => voided, 'cancelled'],
    // It runs again.
    [undefined, () => issued, 'check_issued'],
    [undefined, () => 'reconciliation', undefined],
  ])('%s: an order whose workflow has ended', async (kind, of, stage) => {
    const orderId = of();
    expect(await kinds(await running(), ending({ orderId, stage }))).toEqual(kind ? [[kind, orderId]] : []);
  });

  test('a check that ran out on an order that nobody works on is named as such', async () => {
    const others = (await running()).filter((id) => id !== issued);
    const comparison = { ...comparing(others), now: new Date(Date.now() + 2 * 86_400_000) };
    const drifts = await reconcile(database.orm, comparison);
    expect(drifts.map(({ kind, orderId }) => [kind, orderId])).toEqual([['expired-check-open', issued]]);
  });

  test('what changed a moment ago is still on its way', async () => {
    const comparison = { ...comparing([newOrderId()]), now: new Date(), quietForMs: 86_400_000 };
    expect(await reconcile(database.orm, comparison)).toEqual([]);
  });
});
