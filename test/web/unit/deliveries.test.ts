import { describe, expect, test } from '@jest/globals';
import type { Order } from '../../../client/index.ts';
import { agendaOf, isOverdue, weekOf } from '../../../web/distributor/agenda.ts';
import { weightOf } from '../../../web/distributor/goods.ts';
import { possibleReports } from '../../../web/distributor/reports.ts';
import { readTerms, typedTerms, type Terms } from '../../../web/distributor/typed-terms.ts';

type Stage = Order['stage'];

const NEVER = ['returned', 'lost'];
const DATE = '2026-12-01T09:07:00Z';
const reports = (stage: Stage, status?: string) => {
  const distribution = status === undefined ? null : { deliverAt: DATE, status };
  const { onTheWay, never, afterEnd } = possibleReports({ stage, distribution });
  return { kinds: [...onTheWay, ...never], afterEnd };
};

describe('what a distributor can report', () => {
  test.each<[Stage, string | undefined, string[]]>([
    ['accepted', undefined, []],
    ['scheduled', 'scheduled', ['picked_up', 'in_transit', 'delivered', 'failed_attempt', ...NEVER]],
    ['in_distribution', 'picked_up', ['in_transit', 'delivered', 'failed_attempt', ...NEVER]],
    ['in_distribution', 'in_transit', ['delivered', 'failed_attempt', ...NEVER]],
    ['in_distribution', 'failed_attempt', ['in_transit', 'delivered', 'failed_attempt', ...NEVER]],
    ['delivered', 'delivered', []],
  ])('at %s, the goods %s: %j', (stage, status, kinds) => {
    expect(reports(stage, status)).toEqual({ kinds, afterEnd: false });
  });

  test.each<[Stage, string | undefined, string[]]>([
    ['completed', 'delivered', NEVER],
    ['cancelled', 'scheduled', ['delivered', ...NEVER]],
    ['refunded', 'lost', ['delivered', ...NEVER]],
    ['cancelled', undefined, []],
  ])('after the end, at %s, the goods %s: %j', (stage, status, kinds) => {
    expect(reports(stage, status)).toEqual({ kinds, afterEnd: kinds.length > 0 });
  });
});

describe("a distributor's calendar", () => {
  const planned = (id: string, deliverAt: string | null) =>
    ({ id, stage: 'scheduled', distribution: { deliverAt, status: 'scheduled' } }) as Order;

  test('days are those of its own clock, each with the earliest first', () => {
    const late = planned('late', '2026-11-30T23:30:00.000Z');
    const early = planned('early', '2026-11-30T08:00:00.000Z');
    const next = planned('next', '2026-12-01T07:00:00.000Z');
    const days = agendaOf([next, late, planned('undated', null), early], 'Europe/Berlin');
    expect(days.map(({ day, orders }) => [day, orders.map(({ id }) => id)])).toEqual([
      ['2026-11-30', ['early']],
      ['2026-12-01', ['late', 'next']],
    ]);
  });

  test('the week from today on has every day, with what is planned and whether there is service', () => {
    const days = agendaOf([planned('one', '2026-12-01T07:00:00.000Z')], 'Europe/Berlin');
    const week = weekOf(days, '2026-11-28', [1, 2, 3, 4, 5]);
    expect(week.map(({ day, isServed, orders }) => [day.slice(5), isServed, orders.length])).toEqual([
      ['11-28', false, 0],
      ['11-29', false, 0],
      ['11-30', true, 0],
      ['12-01', true, 1],
      ['12-02', true, 0],
      ['12-03', true, 0],
      ['12-04', true, 0],
    ]);
  });

  test('a delivery is overdue when its time is over and the goods are still to come', () => {
    const order = planned('one', DATE);
    expect(isOverdue(order, Date.parse(DATE) - 1)).toBe(false);
    expect(isOverdue(order, Date.parse(DATE) + 1)).toBe(true);
    expect(isOverdue({ ...order, stage: 'completed' }, Date.parse(DATE) + 1)).toBe(false);
  });

  test('a load weighs what all its lines do, or that is not known', () => {
    expect(
      weightOf([
        { sku: 'a', quantity: 2, weightGrams: 25_000 },
        { sku: 'b', quantity: 3, weightGrams: 500 },
      ]),
    ).toBe(51_500);
    expect(weightOf([{ sku: 'a', quantity: 2 }])).toBeUndefined();
  });
});

describe('terms as they are typed', () => {
  const all: Terms = {
    countries: ['DE', 'AT'],
    timeZone: 'Europe/Berlin',
    weekdays: [1, 2, 5],
    window: { fromHour: 0, toHour: 24 },
    maxWeightGrams: 500_250,
    transitHours: { home: 0, abroad: 48 },
    holidays: { country: 'DE', region: 'BY' },
    cutOffHour: 0,
  };

  test('what is registered reads back as it is', () => {
    expect(readTerms(typedTerms(all))).toEqual(all);
    const { holidays: _none, cutOffHour: _either, ...fewest } = all;
    expect(readTerms(typedTerms(fewest))).toEqual(fewest);
  });
});
