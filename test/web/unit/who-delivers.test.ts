import { describe, expect, test } from '@jest/globals';
import { deliveryAdvice, distributorTo } from '../../../web/buyer/form/who-delivers.ts';

/* Which distributor the order form begins with, and what it says of one that does not deliver there. */

const list = [
  { id: 'canal', name: 'Canal Freight', countries: ['NL', 'BE'] },
  { id: 'alpine', name: 'Alpine Carriers', countries: ['AT', 'CH'] },
  { id: 'swift', name: 'Swift', countries: ['DE', 'AT'] },
  { id: 'swift-2', name: 'Swift', countries: ['FR'] },
];

describe('the distributor to begin with', () => {
  test.each([
    ['NL', 'canal'],
    ['AT', 'alpine'],
    ['DE', 'swift'],
    ['BR', 'canal'],
  ])('for %s is the first that delivers there, else the first of all: %s', (country, id) => {
    expect(distributorTo(country, list)).toBe(id);
  });

  test('gives way to the chosen one, wherever that delivers', () => {
    for (const country of ['NL', 'AT', 'BR']) expect(distributorTo(country, list, 'swift')).toBe('swift');
  });

  test('comes back when the chosen one is there no more', () => {
    expect(distributorTo('AT', list, 'gone')).toBe('alpine');
    expect(distributorTo('AT', [], 'gone')).toBe('');
  });
});

describe('the advice', () => {
  test.each([
    ['canal', 'NL', undefined],
    ['canal', 'AT', 'Canal Freight does not deliver to Austria. Alpine Carriers does.'],
    ['canal', 'FR', 'Canal Freight does not deliver to France. Swift (swift-2) does.'],
    ['swift', 'CH', 'Swift (swift) does not deliver to Switzerland. Alpine Carriers does.'],
    ['swift', 'BR', 'No distributor delivers to Brazil.'],
    ['gone', 'BR', undefined],
  ])('of %s for %s: %s', (id, country, advice) => {
    expect(deliveryAdvice(country, list, id)).toBe(advice);
  });
});
