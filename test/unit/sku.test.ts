import { describe, expect, test } from '@jest/globals';
import { skuFault, spelledSku } from '../../domain/sku.ts';
import { ODD_SKUS } from '../support/odd-skus.ts';

describe("a shop's name of a commodity", () => {
  test.each(ODD_SKUS)('may be %j', (sku) => {
    expect(skuFault(sku)).toBeUndefined();
  });

  test.each([
    ['nothing', ''],
    ['a blank', ' '],
    ['a blank before', ' a'],
    ['a blank behind', 'a '],
    ['a blank that only looks like one', 'a\u00A0b'],
    ['an ideographic blank', 'a\u3000b'],
    ['a tab', 'a\tb'],
    ['a line end', 'a\nb'],
    ['a NUL', 'a\0b'],
    ['what cannot be seen', 'a\u200Bb'],
    ['what turns the direction of writing', 'a\u202Eb'],
    ['half a character', 'a\uD800'],
    ['what Unicode does not know', 'a\u{E0FFF}'],
    ['101 characters', 'x'.repeat(101)],
  ])('is not %s', (_what, sku) => {
    expect(skuFault(sku)).toEqual(expect.any(String));
  });

  test('is counted in characters, and has one spelling', () => {
    expect(skuFault('😀'.repeat(100))).toBeUndefined();
    expect(skuFault('u\u0308'.repeat(100))).toBeUndefined();
    expect(spelledSku('Gru\u0308n')).toBe('Gr\u00FCn');
  });
});
