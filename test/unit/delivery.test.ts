import fc from 'fast-check';
import {
  DISTRIBUTION_KINDS,
  isDecided,
  isDecisive,
  isOnTheWay,
  isUnexpectedAfterEnd,
  outranks,
  situationOf,
  type DistributionKind,
} from '../../domain/delivery.ts';

const report = (kind: DistributionKind, eventId: string = kind) => ({
  eventId,
  kind,
  occurredAt: '2026-01-01T00:00:00Z',
});

/** From the weakest report to the one that nothing outweighs. */
const RANKED = ['picked_up', 'in_transit', 'failed_attempt', 'lost', 'returned', 'delivered'] as const;

test('nothing reported is a scheduled delivery', () => {
  expect(situationOf([])).toBe('scheduled');
  expect(isOnTheWay('scheduled')).toBe(false);
  expect(isDecided('scheduled')).toBe(false);
});

test.each(RANKED)('%s outweighs exactly the reports before it', (kind) => {
  const weaker = RANKED.slice(0, RANKED.indexOf(kind));
  for (const other of DISTRIBUTION_KINDS) {
    const outweighed = weaker.some((each) => each === other);
    expect(outranks(kind, other)).toBe(outweighed);
    const expected = outweighed || other === kind ? kind : other;
    expect(situationOf([report(kind), report(other)])).toBe(expected);
    expect(situationOf([report(other), report(kind)])).toBe(expected);
  }
  expect(outranks(kind, 'scheduled')).toBe(true);
});

test('any order of any reports, repeated or not, comes to the same situation', () => {
  const reports = fc.array(fc.constantFrom(...DISTRIBUTION_KINDS).map((kind) => report(kind)));
  fc.assert(
    fc.property(reports, (all) => {
      const shuffled = [...all, ...all].toReversed();
      expect(situationOf(shuffled)).toBe(situationOf(all));
    }),
  );
});

test('what decides a delivery, what changes the plan, and what only says where the goods are', () => {
  expect(RANKED.filter(isDecided)).toEqual(['lost', 'returned', 'delivered']);
  expect(RANKED.filter(isDecisive)).toEqual(['failed_attempt', 'lost', 'returned', 'delivered']);
  expect(RANKED.filter(isOnTheWay)).toEqual([...RANKED]);
});

test('a report after the end is unexpected where it contradicts the end, and only there', () => {
  const unexpected = (before: Parameters<typeof isUnexpectedAfterEnd>[0]) =>
    RANKED.filter((kind) => isUnexpectedAfterEnd(before, kind));
  expect(unexpected('scheduled')).toEqual([...RANKED]);
  expect(unexpected('in_transit')).toEqual([...RANKED]);
  expect(unexpected('lost')).toEqual(['returned', 'delivered']);
  expect(unexpected('returned')).toEqual(['delivered']);
  expect(unexpected('delivered')).toEqual(['failed_attempt', 'lost', 'returned']);
});
