import { SETTLE_ON } from '../../domain/order.ts';
import { SETTLE_POLICIES, settlementFor } from '../../domain/settlement.ts';

/* When a seller is paid: what it offers, and what the buyer wishes. */

const WISHES = [undefined, ...SETTLE_ON];

test.each([
  ['delivery', undefined, 'delivery'],
  ['delivery', 'delivery', 'delivery'],
  ['delivery', 'notice', undefined],
  ['notice', undefined, 'notice'],
  ['notice', 'delivery', undefined],
  ['notice', 'notice', 'notice'],
  ['buyer_chooses', undefined, 'delivery'],
  ['buyer_chooses', 'delivery', 'delivery'],
  ['buyer_chooses', 'notice', 'notice'],
] as const)('a seller that is paid on %s, and a buyer that wishes %s: %s', (policy, wish, settled) => {
  expect(settlementFor(policy, wish)).toBe(settled);
});

test('no wish is ever turned into another one, and without one there is always an answer', () => {
  for (const policy of SETTLE_POLICIES) {
    for (const wish of WISHES) {
      const settled = settlementFor(policy, wish);
      if (wish !== undefined && settled !== undefined) expect(settled).toBe(wish);
      if (wish === undefined) expect(settled).toBeDefined();
    }
  }
});
