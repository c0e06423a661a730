import { reasonFor } from '../../activities/transmissions/ending-reason.ts';

const PARTIES = { buyerId: 'buyer-ada', sellerId: 'seller-loom', distributorId: 'distributor-rail' };

/** Whoever ended the order said `the words`. */
test.each([
  ['seller', 'seller-loom', 'the words'],
  ['seller', 'service', 'the words'],
  ['seller', 'check-office', 'the words'],
  ['seller', 'buyer-ada', 'The buyer has cancelled the order.'],
  ['seller', 'distributor-rail', 'The distributor does not deliver the goods.'],
  ['seller', 'operator-olga', 'The check office has ended the order.'],
  ['seller', 'temporal', 'The check office has ended the order.'],
  ['distributor', 'distributor-rail', 'the words'],
  ['distributor', 'service', 'the words'],
  ['distributor', 'buyer-ada', 'The buyer has cancelled the order.'],
  ['distributor', 'seller-loom', 'The seller does not deliver the order.'],
  ['distributor', 'operator-olga', 'The check office has ended the order.'],
] as const)('a %s learns of an end by %s: %s', (reader, actor, words) => {
  expect(reasonFor(reader, { stage: 'cancelled', reason: 'the words', actor }, PARTIES)).toBe(words);
});
