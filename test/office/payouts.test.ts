import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Currency } from '../../domain/money.ts';
import { patchAccount, readAccount } from '../../office/ledger/accounts.ts';
import { payOut, type PayoutRequest } from '../../office/ledger/payouts.ts';
import { reconcileBooks } from '../../office/reconciliation/books.ts';
import { connectOrm } from '../../platform/orm.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { completed, issue, openFunded, registerDistributor, settle } from '../support/ledger-book.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await registerDistributor(database.orm);
  await openFunded(database.orm, 'shop', { kind: 'seller' });
});
afterAll(() => database.close());

const money = (amount: number, currency: Currency = 'EUR') => ({ amount, currency });
let keys = 0;

/** The payout, or the code of its refusal. */
async function pay(accountId: string, amount: number, change: Partial<PayoutRequest> = {}) {
  keys += 1;
  const request = { accountId, amount: money(amount), reference: 'rent', key: `k${keys}`, ...change };
  const outcome = await payOut(database.orm, request);
  return outcome.ok ? outcome.value : outcome.code;
}
const balanceOf = async (id: string) => (await readAccount(database.orm, id))?.balance.amount;

describe('a payout', () => {
  test('takes out what the account owns, to the last minor unit, and no more', async () => {
    await openFunded(database.orm, 'owner', { fundsMinor: 1_000n });
    expect(await pay('owner', 1_001)).toBe('insufficient-funds');
    expect(await pay('owner', 1_000)).toMatchObject({ amount: money(1_000), reference: 'rent', replayed: false });
    expect(await pay('owner', 1)).toBe('insufficient-funds');
    expect(await balanceOf('owner')).toBe(0);
  });

  test('takes neither a credit line nor what is held', async () => {
    await openFunded(database.orm, 'creditor', { fundsMinor: 1_000n, creditLimitMinor: 5_000n });
    await issue(database.orm, { buyerId: 'creditor', sellerId: 'shop', amountMinor: 700n });
    expect(await pay('creditor', 301)).toBe('insufficient-funds');
    expect(await pay('creditor', 300)).toMatchObject({ amount: money(300) });
    await openFunded(database.orm, 'borrower', { creditLimitMinor: 5_000n });
    expect(await pay('borrower', 1)).toBe('insufficient-funds');
  });

  test('counts what a busy seller was paid meanwhile, and never twice', async () => {
    await openFunded(database.orm, 'busy', { kind: 'seller' });
    await openFunded(database.orm, 'payer', { fundsMinor: 1_000n });
    const order = { buyerId: 'payer', sellerId: 'busy', amountMinor: 500n };
    const orderId = await issue(database.orm, order);
    await database.orm.em.fork().transactional(async (tx) => {
      await tx.execute("select 1 from accounts where id = 'busy' for no key update");
      await settle(database.orm, orderId);
    });
    const [stored] = await database.orm.em.fork().execute("select balance from accounts where id = 'busy'");
    expect(stored).toEqual({ balance: '0' });
    expect(await pay('busy', 501)).toBe('insufficient-funds');
    expect(await pay('busy', 500)).toMatchObject({ amount: money(500) });
    expect(await balanceOf('busy')).toBe(0);
  });

  test('under its key is one payout with one answer, also from an account that has since been emptied, frozen and closed', async () => {
    await openFunded(database.orm, 'repeater', { fundsMinor: 100n });
    const first = await pay('repeater', 100, { key: 'same' });
    await patchAccount(database.orm, 'repeater', { status: 'closed' });
    expect(await pay('repeater', 100, { key: 'same' })).toEqual({ ...Object(first), replayed: true });
    expect(await pay('repeater', 99, { key: 'same' })).toBe('idempotency-key-reused');
    expect(await pay('repeater', 100, { key: 'same', reference: 'other' })).toBe('idempotency-key-reused');
    expect(await pay('repeater', 100, { key: 'same', amount: money(100, 'USD') })).toBe('idempotency-key-reused');
    await openFunded(database.orm, 'namesake', { fundsMinor: 100n });
    expect(await pay('namesake', 50, { key: 'same' })).toMatchObject({ replayed: false });
  });

  test('is refused by an account that is not open, is kept in another currency, is somebody else’s or is none', async () => {
    await openFunded(database.orm, 'iced', { fundsMinor: 100n });
    expect(await pay('iced', 1, { amount: money(1, 'USD') })).toBe('currency-mismatch');
    await patchAccount(database.orm, 'iced', { status: 'frozen' });
    expect(await pay('iced', 1)).toBe('account-not-open');
    await patchAccount(database.orm, 'iced', { status: 'open' });
    expect(await pay('iced', 1, { holder: 'seller' })).toBe('account-not-found');
    expect(await pay('iced', 1, { holder: 'buyer' })).toMatchObject({ amount: money(1) });
    expect(await pay('nobody', 1)).toBe('account-not-found');
    expect(await pay('office:fees:EUR', 1)).toBe('account-not-found');
    expect(await pay('office:world:EUR', 1)).toBe('account-not-found');
  });

  test('leaves a refund its limit: who has taken the money out cannot give it back', async () => {
    await openFunded(database.orm, 'runner', { kind: 'seller' });
    await openFunded(database.orm, 'victim', { fundsMinor: 400n });
    await completed(database.orm, { buyerId: 'victim', sellerId: 'runner', amountMinor: 400n });
    expect(await pay('runner', 400)).toMatchObject({ replayed: false });
    expect(await patchAccount(database.orm, 'runner', { status: 'closed' })).toMatchObject({ ok: true });
  });
});

describe('at the same moment', () => {
  test('forty payouts and as many payments in never overdraw, and what was paid is what is gone', async () => {
    await openFunded(database.orm, 'rush', { fundsMinor: 1_050n, creditLimitMinor: 10_000n });
    const clients = await Promise.all(Array.from({ length: 8 }, () => connectOrm({ url: database.url, poolMax: 5 })));
    const outcomes = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        payOut(clients[index % clients.length]!, {
          accountId: 'rush',
          amount: money(100),
          reference: `rush ${index}`,
          key: `rush-${index}`,
        }),
      ),
    );
    await Promise.all(clients.map((client) => client.close()));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(10);
    expect(new Set(outcomes.flatMap((outcome) => (outcome.ok ? [] : outcome.code)))).toEqual(
      new Set(['insufficient-funds']),
    );
    expect(await balanceOf('rush')).toBe(50);
  });

  test('forty twins of one payout are one', async () => {
    await openFunded(database.orm, 'twins', { fundsMinor: 1_000n });
    const answers = await Promise.all(Array.from({ length: 40 }, () => pay('twins', 300, { key: 'twin' })));
    expect(new Set(answers.map((answer) => Object(answer).id)).size).toBe(1);
    expect(answers.filter((answer) => Object(answer).replayed === false)).toHaveLength(1);
    expect(await balanceOf('twins')).toBe(700);
  });
});

test('after all of it the books agree', async () => {
  expect(await reconcileBooks(database.orm)).toEqual([]);
});
