import fc from 'fast-check';
import { type AccountFacts, judgeAccount, type Offer, priceLines } from '../../domain/judgement.ts';

const RYE: Offer = offer('rye-1kg', 215);
const NAILS: Offer = offer('nails-1kg', 790);

function offer(sku: string, amount: number, currency: 'EUR' | 'JPY' = 'EUR'): Offer {
  return { sku, name: sku, price: { amount, currency }, weightGrams: 1_000, handlingHours: 2 };
}

describe("the seller's charge of this moment (claim 1)", () => {
  test('is the sum of price times quantity, line by line', () => {
    const lines = [
      { sku: 'rye-1kg', quantity: 3 },
      { sku: 'nails-1kg', quantity: 2 },
    ];
    const priced = priceLines(lines, [RYE, NAILS]);
    expect(priced).toMatchObject({ kind: 'priced', charge: { amount: 3 * 215 + 2 * 790, currency: 'EUR' } });
  });

  test('adds up whatever the lines are', () => {
    const line = fc.record({
      sku: fc.constantFrom('rye-1kg', 'nails-1kg'),
      quantity: fc.integer({ min: 1, max: 9_999 }),
    });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (lines) => {
        const priced = priceLines(lines, [RYE, NAILS]);
        if (priced.kind === 'refused') throw new Error(priced.refusal.detail);
        expect(priced.charge.amount).toBe(priced.lines.reduce((sum, { total }) => sum + total.amount, 0));
        expect(priced.lines.map(({ sku, quantity }) => ({ sku, quantity }))).toEqual(lines);
      }),
    );
  });

  test.each([
    ['an unknown commodity', 'unknown-commodity', [{ sku: 'gold', quantity: 1 }], undefined],
    [
      'two currencies',
      'unknown-commodity',
      [
        { sku: 'rye-1kg', quantity: 1 },
        { sku: 'sake', quantity: 1 },
      ],
      undefined,
    ],
    [
      'another charge than expected',
      'price-changed',
      [{ sku: 'rye-1kg', quantity: 1 }],
      { amount: 214, currency: 'EUR' },
    ],
    [
      'the same sum in another currency',
      'price-changed',
      [{ sku: 'rye-1kg', quantity: 1 }],
      { amount: 215, currency: 'JPY' },
    ],
    ['no line at all', 'unknown-commodity', [], undefined],
    ['a charge beyond exact numbers', 'unknown-commodity', [{ sku: 'palace', quantity: 1_000_000 }], undefined],
  ] as const)('%s is refused', (_what, code, lines, expected) => {
    const offers = [RYE, offer('sake', 900, 'JPY'), offer('palace', Number.MAX_SAFE_INTEGER)];
    expect(priceLines(lines, offers, expected)).toMatchObject({ kind: 'refused', refusal: { code } });
  });
});

describe("the buyer's credit (claim 1)", () => {
  const account: AccountFacts = {
    currency: 'EUR',
    status: 'open',
    balanceMinor: 500n,
    heldMinor: 200n,
    creditLimitMinor: 100n,
  };

  test('is good up to funds and credit line less what is held', () => {
    expect(judgeAccount(account, { amount: 400, currency: 'EUR' })).toBeUndefined();
    expect(judgeAccount(account, { amount: 401, currency: 'EUR' })).toMatchObject({ code: 'credit-declined' });
  });

  test.each([
    ['no account', undefined],
    ['a frozen one', { ...account, status: 'frozen' }],
    ['a closed one', { ...account, status: 'closed' }],
    ['one in another currency', { ...account, currency: 'JPY' }],
  ] as const)('%s is declined', (_what, facts) => {
    expect(judgeAccount(facts, { amount: 1, currency: 'EUR' })).toMatchObject({ code: 'credit-declined' });
  });

  test('and the buyer is told which of them it is', () => {
    const said = (facts?: AccountFacts, amount = 1) => judgeAccount(facts, { amount, currency: 'EUR' })?.detail;
    expect(said()).toBe('The buyer has no account at the check office.');
    expect(said({ ...account, status: 'closed' })).toBe("The buyer's account is closed.");
    expect(said({ ...account, currency: 'JPY' })).toBe("The buyer's account is in JPY, the charge in EUR.");
    expect(said(account, 401)).toBe('Funds and credit line do not cover the charge.');
  });
});
