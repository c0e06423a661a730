import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { feeOn, feeReturned } from '../../domain/fees.ts';
import {
  CURRENCY_EXPONENTS,
  formatMoney,
  isCurrency,
  MAX_AMOUNT_MINOR,
  moneyFromJson,
  moneyToJson,
  parseMoney,
  shareOf,
  type Currency,
} from '../../domain/money.ts';

const currency = fc.constantFrom(...Object.keys(CURRENCY_EXPONENTS).filter(isCurrency));
const amountMinor = fc.bigInt({ min: -MAX_AMOUNT_MINOR, max: MAX_AMOUNT_MINOR });
const money = fc.record({ amountMinor, currency });

describe('money as people write it', () => {
  test.each<[string, bigint, Currency]>([
    ['12.50 EUR', 1250n, 'EUR'],
    ['-0.01 EUR', -1n, 'EUR'],
    ['1250 JPY', 1250n, 'JPY'],
    ['0.001 KWD', 1n, 'KWD'],
  ])('%s is %s minor units of %s, both ways', (text, minor, unit) => {
    expect(parseMoney(text)).toEqual({ amountMinor: minor, currency: unit });
    expect(formatMoney({ amountMinor: minor, currency: unit })).toBe(text);
  });

  test('what is printed is read back as the same amount, with 0, 2 and 3 decimals', () => {
    fc.assert(fc.property(money, (amount) => expect(parseMoney(formatMoney(amount))).toEqual(amount)));
  });

  test.each([
    '12.5.0 EUR',
    '1,000 EUR',
    '1.005 EUR',
    '1.5 JPY',
    '12.50 XXX',
    '12.50',
    'EUR 1',
    '1e3 EUR',
    ' 1 EUR',
    '+1 EUR',
    '99999999999999999 EUR',
  ])('%s is refused rather than guessed or rounded', (text) => expect(parseMoney(text)).toBeUndefined());
});

describe('money as JSON', () => {
  test('crosses the boundary without loss', () => {
    fc.assert(fc.property(money, (amount) => expect(moneyFromJson(moneyToJson(amount))).toEqual(amount)));
  });

  test('refuses what a JSON number cannot carry', () => {
    expect(() => moneyToJson({ amountMinor: MAX_AMOUNT_MINOR + 1n, currency: 'EUR' })).toThrow(RangeError);
    expect(() => moneyToJson({ amountMinor: -MAX_AMOUNT_MINOR - 1n, currency: 'EUR' })).toThrow(RangeError);
    expect(() => moneyFromJson({ amount: 0.5, currency: 'EUR' })).toThrow(RangeError);
    expect(() => moneyFromJson({ amount: 2 ** 53, currency: 'EUR' })).toThrow(RangeError);
  });

  test('names of what every object has are no currencies', () => {
    expect(['constructor', 'toString', '__proto__', 'eur'].some(isCurrency)).toBe(false);
  });
});

describe('a share', () => {
  const fraction = fc.record({ numerator: fc.bigInt(0n, 10_000n), denominator: fc.bigInt(1n, 10_000n) });

  test.each([
    [5n, 'down', 2n],
    [5n, 'half_up', 3n],
    [5n, 'half_even', 2n],
    [7n, 'half_even', 4n],
    [-5n, 'half_up', -3n],
  ] as const)('half of %s rounded %s is %s', (amount, rounding, share) => {
    expect(shareOf(amount, 1n, 2n, rounding)).toBe(share);
  });

  test('is off by less than one minor unit, by at most half of one where halves are named', () => {
    fc.assert(
      fc.property(amountMinor, fraction, (amount, { numerator, denominator }) => {
        const error = (share: bigint) => abs(amount * numerator - share * denominator);
        expect(error(shareOf(amount, numerator, denominator, 'down'))).toBeLessThan(denominator);
        expect(2n * error(shareOf(amount, numerator, denominator, 'half_up'))).toBeLessThanOrEqual(denominator);
        expect(2n * error(shareOf(amount, numerator, denominator, 'half_even'))).toBeLessThanOrEqual(denominator);
      }),
    );
  });

  test('of nothing, or a negative one, is a mistake', () => {
    expect(() => shareOf(1n, 1n, 0n, 'down')).toThrow(RangeError);
    expect(() => shareOf(1n, -1n, 2n, 'down')).toThrow(RangeError);
  });
});

describe("the office's fee", () => {
  test('is never more than what was paid', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, MAX_AMOUNT_MINOR), fc.integer({ min: 0, max: 10_000 }), (paid, basisPoints) => {
        const fee = feeOn(paid, basisPoints);
        expect(fee >= 0n && fee <= paid).toBe(true);
      }),
    );
  });

  test('comes back whole with a full refund, however many parts it comes in, and never more of it than of the refund', () => {
    const parts = fc.array(fc.bigInt(1n, 100_000n), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(parts, fc.integer({ min: 0, max: 10_000 }), (refunds, basisPoints) => {
        const settledMinor = refunds.reduce((sum, refund) => sum + refund, 0n);
        const feeMinor = feeOn(settledMinor, basisPoints);
        let [refundedAfterMinor, feeReturnedMinor] = [0n, 0n];
        for (const refund of refunds) {
          refundedAfterMinor += refund;
          const returned = feeReturned({ settledMinor, feeMinor, feeReturnedMinor, refundedAfterMinor });
          expect(returned >= 0n && returned <= refund).toBe(true);
          feeReturnedMinor += returned;
        }
        expect(feeReturnedMinor).toBe(feeMinor);
      }),
    );
  });
});

function abs(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
