import { EVENT_TYPES, type EventType } from '../../../domain/timeline.ts';
import { sentenceOf, WORDED } from '../../../web/order/event-words.ts';

const event = (type: string, body: Record<string, unknown> = {}, who: { actor?: string; recipient?: string } = {}) => ({
  id: '1',
  type,
  occurredAt: '2026-11-29T08:00:00.000Z',
  actor: who.actor ?? 'service',
  recipient: who.recipient ?? null,
  body,
  claims: [],
});
const money = { amount: 1890, currency: 'EUR' };

test('every type of event has its own sentence', () => {
  expect(WORDED.toSorted()).toEqual(EVENT_TYPES.toSorted());
});

test.each(EVENT_TYPES)('%s is a whole sentence, also where everything of it is withheld', (type: EventType) => {
  const sentence = sentenceOf(event(type));
  expect(sentence).toMatch(/^[A-Z].*\.$/);
  expect(sentence).not.toMatch(/undefined|null|\[object|NaN| {2}|: \.|,\./);
});

test.each([
  [
    event('order_requested', { sellerId: 'seller-mill', distributorId: 'distributor-swift' }, { actor: 'buyer-ada' }),
    'buyer-ada orders from seller-mill, to be delivered by distributor-swift.',
  ],
  [event('credit_judged', { good: false }), 'The check office finds that the credit does not cover it.'],
  [
    event('check_presented', {}, { actor: 'buyer-ada', recipient: 'seller-mill' }),
    'buyer-ada presents the check to seller-mill, with order and address.',
  ],
  [
    event('payment_settled', { amount: money, from: 'buyer-ada', to: 'seller-mill' }),
    'The check office pays €18.90 from buyer-ada to seller-mill.',
  ],
  [
    event('distribution_reported', { kind: 'failed_attempt', note: 'Nobody at home.' }, { actor: 'distributor-swift' }),
    'distributor-swift has tried to deliver, and failed: "Nobody at home".',
  ],
  [
    event('distribution_completed', { receivedBy: 'Ada Becker' }, { actor: 'distributor-swift' }),
    'distributor-swift has delivered; received by Ada Becker.',
  ],
  [
    event('distribution_completed', { receivedBy: null }, { actor: 'distributor-swift' }),
    'distributor-swift has delivered.',
  ],
  [
    event('completion_notified_seller', {}, { actor: 'distributor-rail', recipient: 'seller-loom' }),
    'distributor-rail notifies seller-loom of the delivery.',
  ],
  [
    event('order_cancelled', { reason: 'Changed my mind' }, { actor: 'buyer-ada' }),
    'The order is cancelled by buyer-ada: "Changed my mind".',
  ],
  [event('order_expired', {}), 'The order is out of time.'],
  [event('attention_raised', {}), 'The check office looks after the order.'],
  [
    event('attention_raised', { step: 'settlePayment', reason: 'SellerSuspended', waitingOn: 'operator' }),
    'The order needs attention at settlePayment: SellerSuspended, waiting for operator.',
  ],
  [event('intervention_made', {}, { actor: 'check-office' }), 'The check office has done something about it.'],
  [
    event('intervention_made', { action: 'override_credit', reason: 'Called the bank' }, { actor: 'operator-olga' }),
    'operator-olga intervenes: override credit: "Called the bank".',
  ],
  [event('dispatch_scheduled', {}, { actor: 'distributor-swift:dispatch' }), 'distributor-swift fixes the delivery.'],
])('what happened, who did it, and what comes along: %#', (one, sentence) => {
  expect(sentenceOf(one)).toBe(sentence);
});

test('an event of a later version is shown by its type', () => {
  expect(sentenceOf(event('goods_weighed'))).toBe('Goods weighed.');
  expect(sentenceOf(event('constructor'))).toBe('Constructor.');
});
