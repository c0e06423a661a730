import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LedgerRefusal } from '../../domain/ledger.ts';
import { captureHold, expireHold, postTransfer, voidHold } from '../../office/ledger/transfers.ts';
import { listEntries } from '../../office/ledger/entries.ts';
import { readAccount } from '../../office/ledger/accounts.ts';
import { reconcileBooks } from '../../office/reconciliation/books.ts';
import { refundOrder } from '../../office/orders/refunds.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import {
  issue,
  issueIn,
  moveCheck,
  newOrderId,
  openFunded,
  registerDistributor,
  settle,
} from '../support/ledger-book.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await registerDistributor(database.orm);
  await openFunded(database.orm, 'seller', { kind: 'seller' });
});
afterAll(() => database.close());

/** Balance and held sum of an account, in minor units. */
async function sums(id: string): Promise<[number, number]> {
  const account = await readAccount(database.orm, id);
  return [account?.balance.amount ?? NaN, account?.held.amount ?? NaN];
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LedgerRefusal)) throw new Error(`not refused by the ledger: ${String(error)}`);
  return error.code;
}

const deposit = (key: string, creditAccountId: string, amountMinor: bigint) =>
  database.orm.em.fork().transactional((tx) =>
    postTransfer(tx, {
      key,
      kind: 'deposit',
      debitAccountId: 'office:world:EUR',
      creditAccountId,
      amountMinor,
      currency: 'EUR',
    }),
  );

describe('a transfer key', () => {
  test('is spent once: the same body is the same transfer, another body is refused', async () => {
    await openFunded(database.orm, 'keys');
    const first = await deposit('key-1', 'keys', 500n);
    expect(first.replayed).toBe(false);
    expect(await deposit('key-1', 'keys', 500n)).toEqual({ id: first.id, replayed: true });
    expect(await refusalOf(deposit('key-1', 'keys', 501n))).toBe('key_reused');
    expect(await sums('keys')).toEqual([500, 0]);
  });

  test('is spent once also when twenty come at the same moment', async () => {
    await openFunded(database.orm, 'twins');
    const answers = await Promise.all(Array.from({ length: 20 }, () => deposit('key-2', 'twins', 7n)));
    expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1);
    expect(await sums('twins')).toEqual([7, 0]);
  });
});

describe('a hold', () => {
  test('sets the amount aside and moves nothing', async () => {
    await openFunded(database.orm, 'holder', { fundsMinor: 100n, creditLimitMinor: 50n });
    await issue(database.orm, { buyerId: 'holder', sellerId: 'seller', amountMinor: 120n });
    expect(await sums('holder')).toEqual([100, 120]);
  });

  test('is refused one minor unit beyond funds and credit line', async () => {
    await openFunded(database.orm, 'poor', { fundsMinor: 100n, creditLimitMinor: 50n });
    expect(await refusalOf(issue(database.orm, { buyerId: 'poor', sellerId: 'seller', amountMinor: 151n }))).toBe(
      'insufficient_funds',
    );
    expect(await sums('poor')).toEqual([100, 0]);
    await issue(database.orm, { buyerId: 'poor', sellerId: 'seller', amountMinor: 150n });
  });

  test('is refused on a frozen account, and towards an account that does not exist', async () => {
    await openFunded(database.orm, 'frozen', { fundsMinor: 100n });
    await database.orm.em.fork().execute("update accounts set status = 'frozen' where id = 'frozen'");
    expect(await refusalOf(issue(database.orm, { buyerId: 'frozen', sellerId: 'seller', amountMinor: 1n }))).toBe(
      'account_not_open',
    );
    expect(await refusalOf(issue(database.orm, { buyerId: 'poor', sellerId: 'nobody', amountMinor: 1n }))).toBe(
      'account_not_open',
    );
  });

  test('repeated with the same key holds once', async () => {
    await openFunded(database.orm, 'twice', { fundsMinor: 100n });
    const orderId = newOrderId();
    const order = { orderId, buyerId: 'twice', sellerId: 'seller', amountMinor: 60n };
    await issue(database.orm, order);
    await expect(database.orm.em.fork().transactional((tx) => issueIn(tx, order))).rejects.toThrow('orders_pkey');
    expect(await sums('twice')).toEqual([100, 60]);
  });
});

describe('a hold resolves exactly once', () => {
  test('captured in full, the seller has it and nothing is held', async () => {
    await openFunded(database.orm, 'full', { fundsMinor: 100n });
    await openFunded(database.orm, 'seller-full', { kind: 'seller' });
    const orderId = await issue(database.orm, { buyerId: 'full', sellerId: 'seller-full', amountMinor: 70n });
    await settle(database.orm, orderId);
    expect(await sums('full')).toEqual([30, 0]);
    expect(await sums('seller-full')).toEqual([70, 0]);
  });

  test('captured in part, the rest is released', async () => {
    await openFunded(database.orm, 'part', { fundsMinor: 100n });
    await openFunded(database.orm, 'seller-part', { kind: 'seller' });
    const orderId = await issue(database.orm, { buyerId: 'part', sellerId: 'seller-part', amountMinor: 70n });
    await settle(database.orm, orderId, 25n);
    expect(await sums('part')).toEqual([75, 0]);
    expect(await sums('seller-part')).toEqual([25, 0]);
  });

  test('a repeated capture is the same capture, a void after it is refused, and so is another amount', async () => {
    await openFunded(database.orm, 'again', { fundsMinor: 100n });
    const orderId = await issue(database.orm, { buyerId: 'again', sellerId: 'seller', amountMinor: 70n });
    await settle(database.orm, orderId);
    const em = database.orm.em.fork();
    expect((await em.transactional((tx) => captureHold(tx, orderId))).replayed).toBe(true);
    expect(await refusalOf(em.transactional((tx) => captureHold(tx, orderId, 69n)))).toBe('key_reused');
    expect(await refusalOf(em.transactional((tx) => voidHold(tx, orderId, 'late')))).toBe('hold_not_open');
    expect(await refusalOf(em.transactional((tx) => expireHold(tx, orderId)))).toBe('hold_not_open');
    expect(await sums('again')).toEqual([30, 0]);
  });

  test('capture and void at the same moment: one of them wins, nothing is lost', async () => {
    for (let round = 0; round < 10; round += 1) {
      const buyerId = `race-${round}`;
      await openFunded(database.orm, buyerId, { fundsMinor: 100n });
      const orderId = await issue(database.orm, { buyerId, sellerId: 'seller', amountMinor: 70n });
      await moveCheck(database.orm.em.fork(), orderId, 'presented', 'accepted');
      const settled = settleAccepted(orderId);
      const voided = database.orm.em.fork().transactional(async (tx) => {
        await voidHold(tx, orderId, 'cancelled');
        await moveCheck(tx, orderId, 'voided');
        await tx.execute("update orders set payment_status = 'voided' where id = ?", [orderId]);
      });
      const outcomes = await Promise.allSettled([settled, voided]);
      expect(outcomes.map((outcome) => outcome.status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(await sums(buyerId)).toEqual([outcomes[0].status === 'fulfilled' ? 30 : 100, 0]);
    }
  });

  test('an order without a hold has nothing to capture or void', async () => {
    const em = database.orm.em.fork();
    expect(await refusalOf(em.transactional((tx) => captureHold(tx, newOrderId())))).toBe('hold_not_open');
    expect(await refusalOf(em.transactional((tx) => voidHold(tx, newOrderId(), 'none')))).toBe('hold_not_open');
  });
});

async function settleAccepted(orderId: Parameters<typeof captureHold>[1]): Promise<void> {
  await database.orm.em.fork().transactional(async (tx) => {
    await captureHold(tx, orderId);
    await moveCheck(tx, orderId, 'cleared');
    await tx.execute("update orders set payment_status = 'settled', settled_amount = charge_amount where id = ?", [
      orderId,
    ]);
  });
}

describe('a busy seller', () => {
  /** Holds the lock on an account until it is told to let go, as a transaction does that has not committed yet. */
  async function busy(accountId: string, work: () => Promise<void>): Promise<void> {
    await database.orm.em.fork().transactional(async (tx) => {
      await tx.execute('select 1 from accounts where id = ? for no key update', [accountId]);
      await work();
    });
  }
  const stored = async (id: string) => {
    const [row] = await database.orm.em
      .fork()
      .execute<{ balance: string }[]>('select balance from accounts where id = ?', [id]);
    return Number(row?.balance);
  };

  test('is paid without waiting for whoever has its account; what it has shows at once, and is counted by the next', async () => {
    await openFunded(database.orm, 'payer', { fundsMinor: 1_000n });
    await openFunded(database.orm, 'busy', { kind: 'seller' });
    const pay = async (amountMinor: bigint) =>
      settle(database.orm, await issue(database.orm, { buyerId: 'payer', sellerId: 'busy', amountMinor }));
    await busy('busy', async () => {
      await pay(100n);
      await pay(20n);
      expect(await sums('busy')).toEqual([120, 0]);
      expect(await stored('busy')).toBe(0);
    });
    expect(await reconcileBooks(database.orm)).toEqual([]);
    await pay(3n);
    expect(await stored('busy')).toBe(123);
    const page = await listEntries(database.orm, 'busy', { limit: 10 });
    for (const { balanceBefore, amount, balanceAfter } of page.data) {
      expect(balanceBefore.amount + amount.amount).toBe(balanceAfter.amount);
    }
    expect(Math.max(...page.data.map((entry) => entry.balanceAfter.amount))).toBe(123);
    expect(await reconcileBooks(database.orm)).toEqual([]);
  });

  test('can pay back what is not counted yet: whoever could refuse counts first', async () => {
    await openFunded(database.orm, 'payer-2', { fundsMinor: 500n });
    await openFunded(database.orm, 'busy-2', { kind: 'seller' });
    const orderId = await issue(database.orm, { buyerId: 'payer-2', sellerId: 'busy-2', amountMinor: 500n });
    await busy('busy-2', () => settle(database.orm, orderId));
    expect(await stored('busy-2')).toBe(0);
    const refunded = await refundOrder(database.orm, { orderId, reason: 'r', actor: 'busy-2', key: 'k' });
    expect(refunded).toMatchObject({ ok: true });
    expect([await stored('busy-2'), await sums('payer-2')]).toEqual([0, [500, 0]]);
    expect(await reconcileBooks(database.orm)).toEqual([]);
  });
});

describe('clearing', () => {
  test('keeps money that came for nobody known, until it is sent back', async () => {
    await deposit('unknown-payer', 'office:clearing:EUR', 700n);
    const back = (amountMinor: bigint, key: string) =>
      database.orm.em.fork().transactional((tx) =>
        postTransfer(tx, {
          key,
          kind: 'withdrawal',
          debitAccountId: 'office:clearing:EUR',
          creditAccountId: 'office:world:EUR',
          amountMinor,
          currency: 'EUR',
        }),
      );
    expect(await refusalOf(back(701n, 'back-1'))).toBe('insufficient_funds');
    await back(700n, 'back-2');
    expect(await reconcileBooks(database.orm)).toEqual([]);
  });
});
