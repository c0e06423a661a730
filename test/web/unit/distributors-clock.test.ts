import { describe, expect, test } from '@jest/globals';
import { dayOf, instantOf, wallClock } from '../../../web/distributor/local-time.ts';

describe("a distributor's wall clock", () => {
  test.each([
    ['2026-11-30T08:30:00.000Z', 'Europe/Berlin', '2026-11-30T09:30'],
    ['2026-07-01T22:30:00.000Z', 'Europe/Berlin', '2026-07-02T00:30'],
    ['2026-11-30T08:30:00.000Z', 'Asia/Kolkata', '2026-11-30T14:00'],
    ['2026-11-30T23:15:00.000Z', 'America/New_York', '2026-11-30T18:15'],
    ['2026-11-30T10:30:00.000Z', 'Pacific/Kiritimati', '2026-12-01T00:30'],
    ['2026-11-30T11:00:00.000Z', 'Pacific/Pago_Pago', '2026-11-30T00:00'],
  ])('%s in %s is %s, and back', (instant, zone, wall) => {
    expect(wallClock(instant, zone)).toBe(wall);
    expect(dayOf(instant, zone)).toBe(wall.slice(0, 10));
    expect(instantOf(wall, zone)).toBe(instant);
  });

  test('a time that the clocks are put forward over does not exist', () => {
    expect(instantOf('2026-03-29T02:30', 'Europe/Berlin')).toBeUndefined();
    expect(instantOf('2026-03-29T01:59', 'Europe/Berlin')).toBe('2026-03-29T00:59:00.000Z');
    expect(instantOf('2026-03-29T03:00', 'Europe/Berlin')).toBe('2026-03-29T01:00:00.000Z');
  });

  test('of a time that comes twice the first one counts', () => {
    expect(instantOf('2026-10-25T02:30', 'Europe/Berlin')).toBe('2026-10-25T00:30:00.000Z');
    expect(instantOf('2026-10-25T03:00', 'Europe/Berlin')).toBe('2026-10-25T02:00:00.000Z');
  });

  test.each(['', 'tomorrow', '2026-13-01T10:00'])('%j is no time', (text) => {
    expect(instantOf(text, 'Europe/Berlin')).toBeUndefined();
  });
});
