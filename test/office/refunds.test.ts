import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { OrderId } from '../../domain/ids.ts';
import { patchAccount, readAccount } from '../../office/ledger/accounts.ts';
import { readMoneyTrace } from '../../office/ledger/money-trace.ts';
import { refundOrder } from '../../office/orders/refunds.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { completed, issue, newOrderId, openFunded, registerDistributor, settle } from '../support/ledger-book.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await registerDistributor(database.orm);
  await openFunded(database.orm, 'buyer', { fundsMinor: 100_000n });
  await openFunded(database.orm, 'shop', { kind: 'seller' });
});
afterAll(() => database.close());

const order = { buyerId: 'buyer', sellerId: 'shop', amountMinor: 1_000n };

function refund(orderId: OrderId, amount: number | 'rest', key: string, reason = 'broken') {
  const money = amount === 'rest' ? undefined : ({ amount, currency: 'EUR' } as const);
  return refundOrder(database.orm, { orderId, amount: money, reason, actor: 'shop', key });
}

async function facts(orderId: OrderId) {
  const [row] = await database.orm.em.fork().execute(
    `select o.stage, o.payment_status as payment, o.refunded_amount::int as refunded, c.status as check,
       (select count(*)::int from order_events e where e.order_id = o.id and e.type = 'payment_refunded') as events
     from orders o join echecks c on c.order_id = o.id where o.id = ?`,
    [orderId],
  );
  return row;
}

const balanceOf = async (id: string) => (await readAccount(database.orm, id))?.balance.amount ?? NaN;

describe('a refund', () => {
  test('in parts, then the rest: order and check become refunded with the last part only', async () => {
    const orderId = await completed(database.orm, order);
    const before = await balanceOf('buyer');
    expect(await refund(orderId, 300, 'a')).toMatchObject({
      ok: true,
      value: { refunded: { amount: 300 }, refundedInAll: { amount: 300 } },
    });
    expect(await facts(orderId)).toEqual({
      stage: 'completed',
      payment: 'settled',
      refunded: 300,
      check: 'final',
      events: 1,
    });
    expect(await refund(orderId, 'rest', 'b')).toMatchObject({
      ok: true,
      value: { refunded: { amount: 700 }, refundedInAll: { amount: 1000 } },
    });
    expect(await facts(orderId)).toEqual({
      stage: 'refunded',
      payment: 'refunded',
      refunded: 1000,
      check: 'refunded',
      events: 2,
    });
    expect((await balanceOf('buyer')) - before).toBe(1_000);
  });

  test('never gives back more than was settled, in one or in all', async () => {
    const orderId = await completed(database.orm, order);
    expect(await refund(orderId, 1_001, 'a')).toMatchObject({ ok: false, code: 'refund-exceeds-settled' });
    expect(await refund(orderId, 600, 'b')).toMatchObject({ ok: true });
    expect(await refund(orderId, 401, 'c')).toMatchObject({ ok: false, code: 'refund-exceeds-settled' });
    expect(await refund(orderId, 400, 'd')).toMatchObject({ ok: true });
    expect(await refund(orderId, 'rest', 'e')).toMatchObject({ ok: false, code: 'refund-exceeds-settled' });
  });

  test('of what was never settled is refused, and of an order that is not', async () => {
    const orderId = await issue(database.orm, order);
    expect(await refund(orderId, 1, 'a')).toMatchObject({ ok: false, code: 'refund-exceeds-settled' });
    expect(await refund(newOrderId(), 1, 'a')).toMatchObject({ ok: false, code: 'order-not-found' });
  });

  test('repeated with its key is the same refund; with another amount or reason it is refused', async () => {
    const orderId = await completed(database.orm, order);
    expect(await refund(orderId, 100, 'a')).toMatchObject({ ok: true, value: { replayed: false } });
    expect(await refund(orderId, 100, 'a')).toMatchObject({
      ok: true,
      value: { replayed: true, refunded: { amount: 100 } },
    });
    for (const other of [refund(orderId, 101, 'a'), refund(orderId, 'rest', 'a'), refund(orderId, 100, 'a', 'other')]) {
      expect(await other).toMatchObject({ ok: false, code: 'idempotency-key-reused' });
    }
    expect(await facts(orderId)).toMatchObject({ refunded: 100, events: 1 });
  });

  test('twenty refunds at once, ten keys: each key once, and together not more than was settled', async () => {
    const orderId = await completed(database.orm, order);
    const keys = Array.from({ length: 20 }, (_, index) => `k${index % 10}`);
    const outcomes = await Promise.all(keys.map((key) => refund(orderId, 150, key)));
    const given = outcomes.filter((outcome) => outcome.ok && !outcome.value.replayed);
    expect(given).toHaveLength(6);
    expect(await facts(orderId)).toMatchObject({ refunded: 900, events: 6 });
  });

  test('waits for a seller that has spent the money, and for a buyer whose account is closed', async () => {
    await openFunded(database.orm, 'spender', { kind: 'seller' });
    await openFunded(database.orm, 'leaver', { fundsMinor: 1_000n });
    const orderId = await completed(database.orm, { ...order, buyerId: 'leaver', sellerId: 'spender' });
    await database.orm.em.fork().execute(
      `insert into transfers (key, kind, debit_account_id, credit_account_id, amount, currency, reason)
       values ('payout', 'payout', 'spender', 'office:world:EUR', 1000, 'EUR', 'r')`,
    );
    expect(await refund(orderId, 'rest', 'a')).toMatchObject({ ok: false, code: 'seller-lacks-funds' });
    await patchAccount(database.orm, 'leaver', { status: 'closed' });
    expect(await refund(orderId, 'rest', 'b')).toMatchObject({ ok: false, code: 'account-closed' });
  });

  test('of an order that still runs leaves its stage to its workflow', async () => {
    const orderId = await issue(database.orm, order);
    await settle(database.orm, orderId);
    await refund(orderId, 'rest', 'a');
    expect(await facts(orderId)).toMatchObject({ stage: 'delivered', payment: 'refunded', check: 'refunded' });
  });
});

describe("the office's fee", () => {
  test('is taken from what the seller is paid, and comes back in proportion with the refunds', async () => {
    await openFunded(database.orm, 'fee-shop', { kind: 'seller' });
    await database.orm.em.fork().execute("update sellers set fee_basis_points = 125 where id = 'fee-shop'");
    const orderId = await completed(database.orm, { ...order, sellerId: 'fee-shop' });
    expect(await balanceOf('fee-shop')).toBe(987);
    expect(await refund(orderId, 500, 'a')).toMatchObject({ ok: true });
    expect(await refund(orderId, 500, 'b')).toMatchObject({ ok: true });
    expect(await balanceOf('fee-shop')).toBe(0);
    const { accounts, proof } = await readMoneyTrace(database.orm, orderId);
    expect(accounts.map(({ accountId, net }) => [accountId, net.amount])).toEqual([
      ['buyer', 0],
      ['fee-shop', 0],
      ['office:fees:EUR', 0],
    ]);
    expect(proof.netsToZero).toBe(true);
  });
});

describe('the money trace', () => {
  test('shows every entry with its cause and the sums before and after it, and nets to zero', async () => {
    await openFunded(database.orm, 'tracer', { fundsMinor: 1_500n });
    await openFunded(database.orm, 'trace-shop', { kind: 'seller' });
    const orderId = await completed(database.orm, { ...order, buyerId: 'tracer', sellerId: 'trace-shop' });
    await refund(orderId, 200, 'a');
    const trace = await readMoneyTrace(database.orm, orderId);
    expect(
      trace.entries.map((entry) => [
        entry.kind,
        entry.accountId,
        entry.amount.amount,
        entry.held.amount,
        entry.balanceBefore?.amount,
        entry.balanceAfter?.amount,
      ]),
    ).toEqual([
      ['hold', 'tracer', 0, 1_000, 1_500, 1_500],
      ['capture', 'tracer', -1_000, -1_000, 1_500, 500],
      ['capture', 'trace-shop', 1_000, 0, 0, 1_000],
      ['refund', 'tracer', 200, 0, 500, 700],
      ['refund', 'trace-shop', -200, 0, 1_000, 800],
    ]);
    expect(trace.proof).toEqual({
      sum: { amount: 0, currency: 'EUR' },
      held: { amount: 0, currency: 'EUR' },
      netsToZero: true,
    });
  });

  test("a party sees the balances of its own account, never the other's", async () => {
    const orderId = await completed(database.orm, order);
    const trace = await readMoneyTrace(database.orm, orderId, 'buyer');
    const seen = (accountId: string) =>
      trace.entries.filter((entry) => entry.accountId === accountId).map((entry) => entry.balanceAfter !== null);
    expect(new Set(seen('buyer'))).toEqual(new Set([true]));
    expect(new Set(seen('shop'))).toEqual(new Set([false]));
  });
});
