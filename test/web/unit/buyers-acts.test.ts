import { describe, expect, test } from '@jest/globals';
import type { components } from '../../../client/index.ts';
import { buyersActs } from '../../../web/buyer/acts.ts';

type Stage = components['schemas']['Stage'];
type Status = NonNullable<components['schemas']['OrderECheck']['status']>;

const NOW = Date.parse('2026-11-29T12:00:00Z');
const order = (stage: Stage, status?: Status, deliverAt?: string) => ({
  stage,
  echeck: status ? { number: 'check-1', status } : null,
  distribution: deliverAt === undefined ? null : { deliverAt, status: 'scheduled' },
});
const possible = (...args: Parameters<typeof order>): string[] =>
  Object.entries(buyersActs(order(...args), NOW)).flatMap(([act, can]) => (can ? [act] : []));

describe('what a buyer can do with an order', () => {
  test.each<[Stage, Status | undefined, string[]]>([
    ['requested', undefined, ['cancel']],
    ['check_issued', 'issued', ['present', 'stop', 'cancel']],
    ['check_issued', 'stopped', ['cancel']],
    ['presented', 'presented', ['stop', 'cancel']],
    ['accepted', 'accepted', ['indicatePayment', 'cancel']],
    ['scheduled', 'accepted', ['cancel']],
    ['in_distribution', 'accepted', []],
    ['delivered', 'accepted', []],
    ['completed', 'final', []],
    ['declined', undefined, []],
    ['rejected', 'voided', []],
    ['expired', 'expired', []],
    ['cancelled', 'stopped', []],
    ['refunded', 'refunded', []],
  ])('that is %s with its check %s', (stage, status, acts) => {
    expect(possible(stage, status)).toEqual(acts);
  });

  test('on its way only once it is a day overdue', () => {
    expect(possible('in_distribution', 'accepted', '2026-11-28T12:00:01Z')).toEqual([]);
    expect(possible('in_distribution', 'accepted', '2026-11-28T11:59:59Z')).toEqual(['cancel']);
  });
});
