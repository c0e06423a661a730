import { describe, expect, test } from '@jest/globals';
import { DAY_MS, planHistory, STORY_NAMES } from '../../scripts/history/plan.ts';

describe('the plan of a history', () => {
  const end = new Date('2026-11-29T12:00:00Z');
  const plan = planHistory({ weeks: 6, orders: 400, end });

  test('is the same every time', () => {
    expect(planHistory({ weeks: 6, orders: 400, end })).toEqual(plan);
  });

  test('lets every order end before its end', () => {
    expect(plan).toHaveLength(400);
    expect(plan.every(({ at }) => at < end)).toBe(true);
    expect(STORY_NAMES.filter((name) => !plan.some(({ story }) => story === name))).toEqual([]);
  });

  test('has days and nights, workdays and Sundays', () => {
    const between = (from: number, to: number) =>
      plan.filter(({ at }) => at.getUTCHours() >= from && at.getUTCHours() < to).length;
    expect(between(7, 19)).toBeGreaterThan(6 * between(21, 24));
    const on = (day: number) => plan.filter(({ at }) => at.getUTCDay() === day).length;
    expect(on(2)).toBeGreaterThan(on(0));
  });

  test('is told in the sequence in which it happens', () => {
    const moments = plan.map(({ at }) => at.getTime());
    expect(moments).toEqual(moments.toSorted((one, other) => one - other));
    expect(moments.at(-1)! - moments[0]!).toBeGreaterThan(5 * 7 * DAY_MS);
  });
});
