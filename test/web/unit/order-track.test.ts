import { trackOf } from '../../../web/order/track.ts';

const event = (type: string, minute: number) => ({
  id: String(minute),
  type,
  occurredAt: at(minute),
  actor: 'service',
  recipient: null,
  body: {},
  claims: [],
});
const at = (minute: number) => `2026-11-29T08:${String(minute).padStart(2, '0')}:00.000Z`;
const shape = (track: ReturnType<typeof trackOf>) => track.map(({ stage, is, at: time }) => [stage, is, time]);

const UP_TO_ACCEPTED = [
  event('order_requested', 1),
  event('credit_judged', 2),
  event('check_issued', 3),
  event('check_presented', 4),
  event('distribution_promised', 5),
];

test('an order on its way has what lies behind, where it stands and what lies ahead', () => {
  expect(shape(trackOf('accepted', UP_TO_ACCEPTED))).toEqual([
    ['requested', 'done', at(1)],
    ['check_issued', 'done', at(3)],
    ['presented', 'done', at(4)],
    ['accepted', 'now', at(5)],
    ['scheduled', 'ahead', undefined],
    ['in_distribution', 'ahead', undefined],
    ['delivered', 'ahead', undefined],
    ['completed', 'ahead', undefined],
  ]);
});

test('an event that the page has read sooner than the order says nothing of the future', () => {
  expect(trackOf('presented', UP_TO_ACCEPTED).find(({ stage }) => stage === 'accepted')).toEqual({
    stage: 'accepted',
    is: 'ahead',
  });
});

test('a party that may not know when a stage was reached knows that it was', () => {
  const events = [event('order_requested', 1), event('distribution_instructed', 5), event('dispatch_scheduled', 6)];
  expect(shape(trackOf('scheduled', events)).slice(0, 5)).toEqual([
    ['requested', 'done', at(1)],
    ['check_issued', 'done', undefined],
    ['presented', 'done', undefined],
    ['accepted', 'done', undefined],
    ['scheduled', 'now', at(6)],
  ]);
});

test.each(['declined', 'rejected', 'expired', 'cancelled', 'refunded'] as const)(
  'an order that is %s has its ending in place of what it never reached',
  (stage) => {
    const events = [...UP_TO_ACCEPTED.slice(0, 3), event(`order_${stage}`, 9)];
    expect(shape(trackOf(stage, events))).toEqual([
      ['requested', 'done', at(1)],
      ['check_issued', 'done', at(3)],
      [stage, 'ended', at(9)],
    ]);
  },
);

test('an order that was refunded after its end has both', () => {
  const events = [
    ...UP_TO_ACCEPTED,
    ...[
      'dispatch_scheduled',
      'distribution_reported',
      'distribution_completed',
      'order_completed',
      'order_refunded',
    ].map((type, index) => event(type, 10 + index)),
  ];
  expect(trackOf('refunded', events).slice(-2)).toEqual([
    { stage: 'completed', is: 'done', at: at(13) },
    { stage: 'refunded', is: 'ended', at: at(14) },
  ]);
});

test('a date that was fixed again leaves the time at which it was first', () => {
  const events = [...UP_TO_ACCEPTED, event('dispatch_scheduled', 6), event('dispatch_scheduled', 8)];
  expect(trackOf('scheduled', events).find(({ stage }) => stage === 'scheduled')?.at).toBe(at(6));
});

test('an order of which nothing has been read yet has its stage all the same', () => {
  expect(shape(trackOf('cancelled', []))).toEqual([
    ['requested', 'done', undefined],
    ['cancelled', 'ended', undefined],
  ]);
});
