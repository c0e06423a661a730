import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { feeReturned } from '../../domain/ledger.ts';
import {
  CURRENCY_EXPONENTS,
  formatMoney,
  isCurrency,
  knownCurrency,
  moneyFromJson,
  moneyToJson,
  shareOf,
  type Currency,
} from '../../domain/money.ts';
import { feeOn } from '../support/ledger-model.ts';

const MAX_AMOUNT_MINOR = BigInt(Number.MAX_SAFE_INTEGER);
const currency = fc.constantFrom(...Object.keys(CURRENCY_EXPONENTS).filter(isCurrency));
const amountMinor = fc.bigInt({ min: -MAX_AMOUNT_MINOR, max: MAX_AMOUNT_MINOR });
const money = fc.record({ amountMinor, currency });

describe('money as people write it', () => {
  test.each<[string, bigint, Currency]>([
    ['12.50 EUR', 1250n, 'EUR'],
    ['-0.01 EUR', -1n, 'EUR'],
    ['1250 JPY', 1250n, 'JPY'],
    ['0.001 KWD', 1n, 'KWD'],
  ])('%s is %s minor units of %s', (text, minor, unit) => {
    expect(formatMoney({ amountMinor: minor, currency: unit })).toBe(text);
  });

  test('every minor unit is printed, with 0, 2 or 3 decimals', () => {
    fc.assert(
      fc.property(money, (amount) => {
        const [figure = '', unit] = formatMoney(amount).split(' ');
        const [, decimals = ''] = figure.split('.');
        expect(unit).toBe(amount.currency);
        expect(decimals.length).toBe(CURRENCY_EXPONENTS[amount.currency]);
        expect(BigInt(figure.replace('.', ''))).toBe(amount.amountMinor);
      }),
    );
  });
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

  test('says what it cannot carry, and carries the last that it can', () => {
    expect(() => moneyToJson({ amountMinor: MAX_AMOUNT_MINOR + 1n, currency: 'EUR' })).toThrow(
      /beyond 9007199254740991/,
    );
    expect(() => moneyFromJson({ amount: 0.5, currency: 'EUR' })).toThrow(/minor units: 0.5/);
    for (const most of [MAX_AMOUNT_MINOR, -MAX_AMOUNT_MINOR, 0n])
      expect(moneyToJson({ amountMinor: most, currency: 'JPY' })).toEqual({ amount: Number(most), currency: 'JPY' });
  });

  test('a stored currency is known, or no amount is shown at all', () => {
    expect(knownCurrency('CHF')).toBe('CHF');
    expect(() => knownCurrency('DEM')).toThrow(new RangeError('unknown currency DEM'));
  });

  test('names of what every object has are no currencies', () => {
    expect(['constructor', 'toString', '__proto__', 'eur'].some(isCurrency)).toBe(false);
  });
});

describe('a share', () => {
  const fraction = fc.record({ numerator: fc.bigInt(0n, 10_000n), denominator: fc.bigInt(1n, 10_000n) });

  test.each([
    [5n, 3n],
    [4n, 2n],
    [0n, 0n],
  ])('half of %s is %s', (amount, share) => expect(shareOf(amount, 1n, 2n)).toBe(share));

  test('is off by at most half a minor unit', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, MAX_AMOUNT_MINOR), fraction, (amount, { numerator, denominator }) => {
        const error = abs(amount * numerator - shareOf(amount, numerator, denominator) * denominator);
        expect(2n * error).toBeLessThanOrEqual(denominator);
      }),
    );
  });

  test('of nothing, or a negative one, is a mistake', () => {
    expect(() => shareOf(1n, 1n, 0n)).toThrow(RangeError);
    expect(() => shareOf(1n, -1n, 2n)).toThrow(RangeError);
    expect(() => shareOf(-1n, 1n, 2n)).toThrow(RangeError);
    expect(() => shareOf(4n, 1n, -2n)).toThrow(new RangeError('no share: 1/-2 of 4'));
    expect(shareOf(0n, 0n, 1n)).toBe(0n);
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
