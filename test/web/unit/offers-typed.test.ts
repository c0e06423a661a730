import { describe, expect, test } from '@jest/globals';
import { grams, isPrice, kilograms, readOffer, typedOffer } from '../../../web/seller/typed-offer.ts';

const flour = {
  sku: 'flour-25kg',
  name: 'Wheat flour, 25 kg',
  price: { amount: 1890, currency: 'EUR' as const },
  weightGrams: 25_000,
  handlingHours: 4,
};

describe('an offer as it is typed', () => {
  test('what is registered reads back as it is', () => {
    const { sku: _named, ...rest } = flour;
    expect(readOffer(typedOffer(flour), 'EUR')).toEqual(rest);
  });

  test.each([
    ['name', '  '],
    ['price', ''],
    ['price', '0'],
    ['price', '1.999'],
    ['price', 'much'],
    ['weight', ''],
    ['weight', '0'],
    ['weight', '0.0001'],
    ['hours', ''],
    ['hours', '1.5'],
    ['hours', '-1'],
  ])('is none while its %s is %j', (member, text) => {
    expect(readOffer({ ...typedOffer(flour), [member]: text }, 'EUR')).toBeUndefined();
  });

  test.each([
    ['25', 25_000],
    ['0.5', 500],
    ['0,75', 750],
    [' 1.001 ', 1001],
  ])('a weight of %j kg is %d g', (text, weight) => {
    expect(grams(text)).toBe(weight);
    expect(grams(kilograms(weight))).toBe(weight);
  });

  test.each(['0', '12,345.67', '1.2.3', '-1', '1e3', '2.155', '99999999999999999'])('%s is no price', (text) => {
    expect(isPrice(text, 'EUR')).toBe(false);
    expect(readOffer({ ...typedOffer(flour), price: text }, 'EUR')).toBeUndefined();
  });
});
