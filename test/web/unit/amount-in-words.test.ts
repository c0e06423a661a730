import { describe, expect, test } from '@jest/globals';
import { amountInWords } from '../../../web/check/words.ts';

describe('the amount of a check in words', () => {
  test.each([
    [1890, 'EUR', 'Eighteen euros and ninety cents'],
    [100, 'EUR', 'One euro'],
    [101, 'EUR', 'One euro and one cent'],
    [99, 'EUR', 'Zero euros and ninety-nine cents'],
    [12_345_621, 'USD', 'One hundred twenty-three thousand four hundred fifty-six US dollars and twenty-one cents'],
    [201, 'GBP', 'Two British pounds and one penny'],
    [250, 'GBP', 'Two British pounds and fifty pence'],
    [4205, 'CHF', 'Forty-two Swiss francs and five centimes'],
    [1250, 'JPY', 'One thousand two hundred fifty Japanese yen'],
    [1250, 'KWD', 'One Kuwaiti dinar and two hundred fifty fils'],
    [1250, 'SEK', 'Twelve Swedish kronor and 50/100'],
  ])('of %d %s', (amount, currency, words) => {
    expect(amountInWords({ amount, currency })).toBe(words);
  });

  test('is exact for the largest sum that a number carries', () => {
    expect(amountInWords({ amount: Number.MAX_SAFE_INTEGER, currency: 'EUR' })).toBe(
      'Ninety trillion seventy-one billion nine hundred ninety-two million five hundred forty-seven thousand ' +
        'four hundred nine euros and ninety-one cents',
    );
  });
});
