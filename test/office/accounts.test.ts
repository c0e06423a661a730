import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Currency } from '../../domain/money.ts';
import { deposit, openAccount, patchAccount, readAccount } from '../../office/ledger/accounts.ts';
import { listEntries, type EntryPage } from '../../office/ledger/entries.ts';
import { putDistributor, putSeller } from '../../office/registry/changes.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { completed, issue, openFunded, registerDistributor } from '../support/ledger-book.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await registerDistributor(database.orm);
  await openFunded(database.orm, 'shop', { kind: 'seller' });
});
afterAll(() => database.close());

const money = (amount: number, currency: Currency = 'EUR') => ({ amount, currency });

/** The code of a refusal, or `done`. */
async function codeOf(outcome: Promise<{ ok: true } | { ok: false; code: string }>): Promise<string> {
  const answer = await outcome;
  return answer.ok ? 'done' : answer.code;
}

describe('opening an account', () => {
  test('shows every sum in its currency', async () => {
    await openAccount(database.orm, { id: 'open-1', kind: 'buyer', currency: 'KWD', creditLimit: money(1500, 'KWD') });
    expect(await readAccount(database.orm, 'open-1')).toEqual({
      id: 'open-1',
      currency: 'KWD',
      balance: money(0, 'KWD'),
      held: money(0, 'KWD'),
      available: money(1500, 'KWD'),
      creditLimit: money(1500, 'KWD'),
      status: 'open',
    });
  });

  test('repeated with the same terms is the same account, with others a conflict', async () => {
    const open = (currency: Currency) => openAccount(database.orm, { id: 'open-2', kind: 'buyer', currency });
    expect(await codeOf(open('EUR'))).toBe('done');
    expect(await codeOf(open('EUR'))).toBe('done');
    expect(await codeOf(open('USD'))).toBe('account-exists');
  });

  test('needs a credit line in the same currency, and one that a JSON number carries', async () => {
    const account = { id: 'open-3', kind: 'buyer', currency: 'EUR' } as const;
    expect(await codeOf(openAccount(database.orm, { ...account, creditLimit: money(1, 'USD') }))).toBe(
      'currency-mismatch',
    );
    expect(await readAccount(database.orm, 'open-3')).toBeUndefined();
  });

  test("the office's own accounts are nobody's to read, fund or close", async () => {
    expect(await readAccount(database.orm, 'office:world:EUR')).toBeUndefined();
    expect(await codeOf(deposit(database.orm, { accountId: 'office:fees:EUR', amount: money(1), key: 'k' }))).toBe(
      'account-not-found',
    );
    expect(await codeOf(patchAccount(database.orm, 'office:fees:EUR', { status: 'closed' }))).toBe('account-not-found');
  });
});

describe('a deposit', () => {
  test('comes once for its key, however often and however many at once it is sent', async () => {
    await openFunded(database.orm, 'dep-1');
    const send = (amount: number) => deposit(database.orm, { accountId: 'dep-1', amount: money(amount), key: 'same' });
    expect(await Promise.all([send(100), send(100), send(100)].map(codeOf))).toEqual(['done', 'done', 'done']);
    expect(await codeOf(send(101))).toBe('idempotency-key-reused');
    expect((await readAccount(database.orm, 'dep-1'))?.balance).toEqual(money(100));
  });

  test('is refused in another currency, on a closed account, to nobody, and beyond what JSON carries', async () => {
    await openFunded(database.orm, 'dep-2');
    const send = (accountId: string, amount = money(100)) =>
      deposit(database.orm, { accountId, amount, key: crypto.randomUUID() });
    expect(await codeOf(send('dep-2', money(1, 'USD')))).toBe('currency-mismatch');
    expect(await codeOf(send('nobody'))).toBe('account-not-found');
    expect(await codeOf(send('dep-2', money(Number.MAX_SAFE_INTEGER)))).toBe('done');
    expect(await codeOf(send('dep-2', money(1)))).toBe('amount-out-of-range');
    await openFunded(database.orm, 'dep-3');
    await patchAccount(database.orm, 'dep-3', { status: 'closed' });
    expect(await codeOf(send('dep-3'))).toBe('account-closed');
  });

  test('still comes in on a frozen account', async () => {
    await openFunded(database.orm, 'dep-4');
    await patchAccount(database.orm, 'dep-4', { status: 'frozen' });
    expect(await codeOf(deposit(database.orm, { accountId: 'dep-4', amount: money(5), key: 'k' }))).toBe('done');
  });
});

describe('changing an account', () => {
  test('it closes only when it is empty, and opens again', async () => {
    await openFunded(database.orm, 'close-1', { fundsMinor: 10n });
    await openFunded(database.orm, 'close-2', { creditLimitMinor: 10n });
    await issue(database.orm, { buyerId: 'close-2', sellerId: 'shop', amountMinor: 10n });
    await openFunded(database.orm, 'close-3');
    const close = (id: string) => codeOf(patchAccount(database.orm, id, { status: 'closed' }));
    expect(await Promise.all(['close-1', 'close-2', 'close-3', 'nobody'].map(close))).toEqual([
      'account-not-empty',
      'account-not-empty',
      'done',
      'account-not-found',
    ]);
    expect(await codeOf(patchAccount(database.orm, 'close-3', { status: 'open' }))).toBe('done');
  });

  test('a seller that an open check will pay cannot close', async () => {
    await openFunded(database.orm, 'close-seller', { kind: 'seller' });
    await openFunded(database.orm, 'close-buyer', { fundsMinor: 10n });
    await issue(database.orm, { buyerId: 'close-buyer', sellerId: 'close-seller', amountMinor: 10n });
    expect(await codeOf(patchAccount(database.orm, 'close-seller', { status: 'closed' }))).toBe('account-not-empty');
  });

  test('its credit line never falls below what is used of it', async () => {
    await openFunded(database.orm, 'credit', { fundsMinor: 30n, creditLimitMinor: 100n });
    await issue(database.orm, { buyerId: 'credit', sellerId: 'shop', amountMinor: 90n });
    const set = (amount: number) => codeOf(patchAccount(database.orm, 'credit', { creditLimit: money(amount) }));
    expect(await set(59)).toBe('credit-limit-in-use');
    expect(await set(60)).toBe('done');
    expect((await readAccount(database.orm, 'credit'))?.available).toEqual(money(0));
    expect(await set(Number.MAX_SAFE_INTEGER)).toBe('amount-out-of-range');
    expect(await codeOf(patchAccount(database.orm, 'credit', { creditLimit: money(60, 'USD') }))).toBe(
      'currency-mismatch',
    );
  });

  test('an account that is both frozen and given credit at once takes both, or neither', async () => {
    await openFunded(database.orm, 'both');
    const patched = await patchAccount(database.orm, 'both', { status: 'frozen', creditLimit: money(7) });
    expect(patched).toMatchObject({
      ok: true,
      value: { status: 'frozen', creditLimit: money(7), available: money(7) },
    });
  });
});

describe('the entries of an account', () => {
  test('are paged newest first, each with the balance before and after it, none twice and none left out', async () => {
    await openFunded(database.orm, 'pages', { fundsMinor: 1_000n });
    for (let index = 1; index <= 4; index += 1) {
      await completed(database.orm, { buyerId: 'pages', sellerId: 'shop', amountMinor: BigInt(index) });
    }
    const all = [];
    let before: EntryPage['next'];
    do {
      const page = await listEntries(database.orm, 'pages', { limit: 2, before });
      expect(page.data.length).toBeLessThanOrEqual(2);
      all.push(...page.data);
      before = page.next;
    } while (before !== undefined);

    expect(all.map((entry) => entry.kind).toReversed()).toEqual(
      ['deposit', ...Array.from({ length: 4 }, () => ['hold', 'capture'])].flat(),
    );
    expect(new Set(all.map((entry) => entry.id)).size).toBe(9);
    for (const [index, entry] of all.entries()) {
      expect(entry.balanceBefore.amount + entry.amount.amount).toBe(entry.balanceAfter.amount);
      expect(entry.heldBefore.amount + entry.held.amount).toBe(entry.heldAfter.amount);
      const earlier = all[index + 1];
      if (earlier) expect([entry.balanceBefore, entry.heldBefore]).toEqual([earlier.balanceAfter, earlier.heldAfter]);
    }
    expect(all[0]?.balanceAfter).toEqual((await readAccount(database.orm, 'pages'))?.balance);
  });
});

describe('the registries', () => {
  const mill = { id: 'mill', name: 'Mill', status: 'active', agent: 'auto' } as const;
  const offer = (sku: string, amount: number, currency: Currency = 'EUR') => ({
    sku,
    name: sku,
    price: money(amount, currency),
    weightGrams: 1,
  });

  test('a seller is registered with its account, and its version grows with every change only', async () => {
    expect(await putSeller(database.orm, mill)).toMatchObject({ ok: true, value: { version: 1, feeBasisPoints: 0 } });
    expect(await putSeller(database.orm, mill)).toMatchObject({ ok: true, value: { version: 1 } });
    expect(await putSeller(database.orm, { ...mill, status: 'suspended' })).toMatchObject({
      ok: true,
      value: { version: 2, status: 'suspended' },
    });
    expect(await putSeller(database.orm, { ...mill, feeBasisPoints: 150 })).toMatchObject({
      ok: true,
      value: { version: 3, feeBasisPoints: 150 },
    });
    expect((await readAccount(database.orm, 'mill'))?.currency).toBe('EUR');
  });

  test('offers that are given are all of them; others stay known and are no longer offered', async () => {
    await putSeller(database.orm, { ...mill, commodities: [offer('rye', 10), offer('oats', 20)] });
    await putSeller(database.orm, { ...mill, commodities: [offer('oats', 25)] });
    const rows = await database.orm.em
      .fork()
      .execute("select sku, price_amount::int as price, active from commodities where seller_id = 'mill' order by sku");
    expect(rows).toEqual([
      { sku: 'oats', price: 25, active: true },
      { sku: 'rye', price: 10, active: false },
    ]);
  });

  test('a seller offers in the currency of its account, and is nobody who buys', async () => {
    expect(await codeOf(putSeller(database.orm, { ...mill, commodities: [offer('rye', 10, 'USD')] }))).toBe(
      'currency-mismatch',
    );
    expect(await codeOf(putSeller(database.orm, { ...mill, currency: 'USD' }))).toBe('currency-mismatch');
    await openFunded(database.orm, 'a-buyer');
    expect(await codeOf(putSeller(database.orm, { ...mill, id: 'a-buyer' }))).toBe('account-exists');
  });

  test('a new distributor must say where it delivers; later its terms stay until others are given', async () => {
    const swift = { id: 'swift', name: 'Swift', status: 'active', agent: 'auto' } as const;
    const terms = {
      countries: ['DE'],
      timeZone: 'UTC',
      weekdays: [1],
      window: { fromHour: 8, toHour: 9 },
      maxWeightGrams: 1,
    };
    expect(await codeOf(putDistributor(database.orm, swift))).toBe('terms-required');
    expect(await putDistributor(database.orm, { ...swift, terms })).toMatchObject({
      ok: true,
      value: { version: 1, terms },
    });
    expect(await putDistributor(database.orm, swift)).toMatchObject({ ok: true, value: { version: 1, terms } });
    expect(await putDistributor(database.orm, { ...swift, agent: 'manual' })).toMatchObject({
      ok: true,
      value: { version: 2, terms },
    });
  });
});
