import { describe, expect, test } from '@jest/globals';
import {
  barShare,
  formatSpan,
  inWords,
  isEmpty,
  livelyMoney,
  moneyOver,
  ordersAMinute,
} from '../../../web/check-office/figures/series.ts';

const AT = '2026-11-29T12:00:00Z';
const SECONDS = Date.parse(AT) / 1000;

describe('figures as they are drawn', () => {
  test('orders of a bucket become orders a minute', () => {
    const perMinute = { bucketSeconds: 30, data: [{ at: AT, placed: 4, ended: 1 }] };
    expect(ordersAMinute({ perMinute })).toEqual({
      times: [SECONDS],
      lines: [
        { label: 'Placed', values: [8], total: '4' },
        { label: 'Ended', values: [2], total: '1' },
      ],
    });
  });

  test.each([
    ['EUR', 1_250, 12.5],
    ['JPY', 1_250, 1_250],
    ['KWD', 1_250, 1.25],
  ])('money in %s is drawn in whole units', (currency, minor, whole) => {
    const chart = moneyOver({ currency, data: [{ at: AT, held: minor, settled: 0 }] });
    expect(chart.lines).toEqual([
      { label: 'Held', values: [whole] },
      { label: 'Settled', values: [0], total: expect.stringContaining('0') },
    ]);
  });

  test('currencies without money are left out, the liveliest comes first', () => {
    const of = (currency: string, ...held: number[]) => ({
      currency,
      data: held.map((sum) => ({ at: AT, held: sum, settled: 0 })),
    });
    const money = { bucketSeconds: 60, currencies: [of('CHF', 0, 0), of('EUR', 0, 5), of('USD', 5, 5)] };
    expect(livelyMoney({ money }).map(({ currency }) => currency)).toEqual(['USD', 'EUR']);
  });

  test('nothing to draw is known, and what is drawn is said', () => {
    const line = (values: number[]) => ({ times: [SECONDS, SECONDS + 60], lines: [{ label: 'Placed', values }] });
    expect(isEmpty(line([0, 0]))).toBe(true);
    expect(isEmpty(line([0, 1]))).toBe(false);
    expect(inWords(line([3, 1]), String)).toBe('placed: at most 3, lately 1');
  });

  test.each([
    [0.042, '42 ms'],
    [1.25, '1.3 sec'],
    [59, '59 sec'],
    [90, '1.5 min'],
    [45_000, '13 hr'],
    [200_000, '2.3 days'],
  ])('%d seconds read as %s', (seconds, words) => {
    expect(formatSpan(seconds)).toBe(words);
  });

  test('bars grow with the time, from nothing to the whole width', () => {
    expect(barShare(0, 100)).toBe(0);
    expect(barShare(100, 100)).toBe(100);
    expect(barShare(10, 100)).toBeGreaterThan(barShare(2, 100));
    expect(barShare(0.01, 0.02)).toBeLessThanOrEqual(100);
  });
});
