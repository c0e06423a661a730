import { STAGES, isEnded, type Stage } from '../../../domain/order.ts';
import type { Order } from '../../../client/index.ts';
import { nextAct, STAGE_MEANING } from '../../../web/order/stage-words.ts';

const order = (stage: Stage, payment: 'held' | 'settled' = 'held') =>
  ({
    stage,
    buyerId: 'buyer',
    sellerId: 'seller',
    distributorId: 'distributor',
    payment: { status: payment, amount: null },
    attention: null,
  }) as unknown as Order;

test.each(STAGES)('%s says what it means, and whom it waits for unless it has ended', (stage) => {
  expect(STAGE_MEANING[stage]).toMatch(/^[A-Z]/);
  expect(nextAct(order(stage), false) === undefined).toBe(isEnded(stage));
});

test.each([
  ['requested', false, 'check-office'],
  ['check_issued', false, 'buyer'],
  ['presented', false, 'seller'],
  ['accepted', false, 'buyer'],
  ['accepted', true, 'distributor'],
  ['scheduled', true, 'distributor'],
  ['in_distribution', true, 'distributor'],
  ['delivered', true, 'seller'],
] as const)('in %s (payment indicated: %s) %s must act', (stage, indicated, party) => {
  expect(nextAct(order(stage), indicated)?.party).toBe(party);
});

test('what was paid at the notice is only closed after the delivery', () => {
  expect(nextAct(order('delivered', 'settled'), true)?.party).toBe('check-office');
});

test('an order that the check office looks after waits for no party', () => {
  const stuck = { ...order('accepted'), attention: { since: '2026-11-29T10:00:00Z' } } as Order;
  expect(nextAct(stuck, true)).toBeUndefined();
});
