import fc from 'fast-check';
import { judgeDate } from '../../../domain/dispatch.ts';
import { distributorRegistration } from '../../../api/registry/schema.ts';
import { termsOf, type Calendar } from '../../../sites/distributing-company/planning/calendar.ts';
import {
  earliestAgain,
  earliestDelivery,
  placesFor,
  refusalOf,
} from '../../../sites/distributing-company/planning/consignment.ts';
import { firstFree } from '../../../sites/distributing-company/planning/free-place.ts';
import {
  leavesAt,
  serviceDayOf,
  serviceDaysFrom,
  timeOfPlace,
} from '../../../sites/distributing-company/planning/service-days.ts';

/* The company's own calendar, and that every date of it keeps the terms that the check office has of it. */

const week = (weekdays: readonly number[], [from, to]: readonly [number, number], places = 6) =>
  weekdays.flatMap((weekday) =>
    Array.from({ length: to - from }, (_, hour) => ({ weekday, hour: from + hour, places })),
  );

const BERLIN: Calendar = {
  timeZone: 'Europe/Berlin',
  countries: ['DE', 'FR'],
  holidays: { country: 'DE' },
  cutOffHour: 16,
  leadHours: { home: 24, abroad: 72 },
  collectHours: 24,
  gramsPerPlace: 100_000,
  hours: [...week([1, 2, 3, 4, 5], [8, 18]), ...week([6], [8, 14], 3)],
  closedDays: ['2026-11-30'],
};

describe('service days', () => {
  test.each([
    ['a weekday', '2026-11-25', 10],
    ['a Saturday: a short one', '2026-11-28', 6],
    ['a Sunday', '2026-11-29', 0],
    ['a day that the company has closed', '2026-11-30', 0],
    ['a public holiday', '2026-12-25', 0],
    ['a holiday of another region only', '2027-01-06', 10],
  ])('%s', (_what, date, hours) => {
    expect(serviceDayOf(date, BERLIN)?.hours.length ?? 0).toBe(hours);
  });

  test('a holiday of the region counts where the calendar is that of the region', () => {
    expect(serviceDayOf('2027-01-06', { ...BERLIN, holidays: { country: 'DE', region: 'BY' } })).toBeUndefined();
  });

  test('come in their order', () => {
    const dates = [...serviceDaysFrom(new Date('2026-11-27T12:00:00Z'), BERLIN)].map(({ date }) => date);
    expect(dates.slice(0, 4)).toEqual(['2026-11-27', '2026-11-28', '2026-12-01', '2026-12-02']);
  });
});

describe('places', () => {
  const day = { date: '2026-11-25', hours: [{ weekday: 3, hour: 8, places: 6 }] };
  const early = new Date('2026-11-25T00:00:00Z');

  test.each([
    [[], 1, early, [0], '07:00'],
    [[0, 1], 1, early, [2], '07:20'],
    [[1], 2, early, [2, 3], '07:20'],
    [[], 1, new Date('2026-11-25T07:31:00Z'), [4], '07:40'],
    [[0, 2, 4], 2, early, undefined, undefined],
    [[], 7, early, undefined, undefined],
  ] as const)('%j taken, %d wanted', (taken, places, notBefore, numbers, time) => {
    const free = firstFree(
      day,
      taken.map((number) => ({ hour: 8, number })),
      { notBefore, places },
      BERLIN,
    );
    expect(free?.numbers).toEqual(numbers);
    expect(free?.deliverAt.toISOString().slice(11, 16)).toBe(time);
  });

  test.each([
    ['an hour that a clock change swallows', '2027-03-28', 2, undefined],
    ['an hour that comes twice: the first', '2026-10-25', 2, '2026-10-25T00:00:00.000Z'],
    ['a usual one', '2026-11-25', 2, '2026-11-25T01:00:00.000Z'],
  ])('%s', (_what, date, hour, time) => {
    expect(timeOfPlace({ date, hour, weekday: 7, places: 6 }, 0, BERLIN)?.toISOString()).toBe(time);
  });
});

describe('lead times', () => {
  test.each([
    ['before the cut-off hour', '2026-11-25T10:00:00Z', '2026-11-25T10:00:00.000Z'],
    ['from the cut-off hour on', '2026-11-25T15:00:00Z', '2026-11-25T23:00:00.000Z'],
    ['before a Sunday and a closed day', '2026-11-28T16:00:00Z', '2026-11-30T23:00:00.000Z'],
    ['on a holiday before another one and a Sunday', '2026-12-25T08:00:00Z', '2026-12-27T23:00:00.000Z'],
  ])('goods leave: %s', (_what, at, leaves) => {
    expect(leavesAt(new Date(at), BERLIN)?.toISOString()).toBe(leaves);
  });

  test('goods that take longer to make, or go farther, come later', () => {
    const at = new Date('2026-11-24T08:00:00Z');
    const earliest = (consignment: { country: string; handlingHours?: number }) =>
      earliestDelivery({ weightGrams: 1, ...consignment }, BERLIN, at)?.toISOString();
    expect(earliest({ country: 'DE', handlingHours: 2 })).toBe('2026-11-25T10:01:00.000Z');
    expect(earliest({ country: 'DE' })).toBe('2026-11-26T08:01:00.000Z');
    expect(earliest({ country: 'FR', handlingHours: 2 })).toBe('2026-11-27T10:01:00.000Z');
    expect(earliestAgain(at, BERLIN).toISOString()).toBe('2026-11-25T08:01:00.000Z');
  });
});

test.each([
  [{ country: 'US', weightGrams: 1 }, 'out_of_area'],
  [{ country: 'DE', weightGrams: 600_001 }, 'too_heavy'],
  [{ country: 'FR', weightGrams: 600_000 }, undefined],
])('%j is refused: %s', (consignment, refusal) => {
  expect(refusalOf(consignment, BERLIN)).toBe(refusal);
});

describe('the terms that the check office has', () => {
  test('say of the calendar what it must know', () => {
    expect(termsOf(BERLIN)).toEqual({
      countries: ['DE', 'FR'],
      timeZone: 'Europe/Berlin',
      weekdays: [1, 2, 3, 4, 5, 6],
      window: { fromHour: 8, toHour: 18 },
      maxWeightGrams: 600_000,
      transitHours: { home: 24, abroad: 72 },
      holidays: { country: 'DE' },
      cutOffHour: 16,
    });
  });

  const calendars = fc.record({
    timeZone: fc.constantFrom('Europe/Berlin', 'America/St_Johns', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Asia/Tokyo'),
    countries: fc.constantFrom(['DE', 'FR'], ['FR', 'DE'], ['DE']),
    holidays: fc.constantFrom(undefined, { country: 'DE' }, { country: 'DE', region: 'BY' }, { country: 'JP' }),
    cutOffHour: fc.option(fc.integer({ min: 0, max: 24 }), { nil: undefined }),
    leadHours: fc.record({ home: fc.integer({ min: 0, max: 100 }), abroad: fc.integer({ min: 0, max: 200 }) }),
    collectHours: fc.integer({ min: 0, max: 100 }),
    gramsPerPlace: fc.integer({ min: 1_000, max: 200_000 }),
    hours: fc.uniqueArray(
      fc.record({
        weekday: fc.integer({ min: 1, max: 7 }),
        hour: fc.integer({ min: 0, max: 23 }),
        places: fc.integer({ min: 1, max: 60 }),
      }),
      { minLength: 1, maxLength: 40, selector: ({ weekday, hour }) => `${weekday}:${hour}` },
    ),
    closedDays: fc.constantFrom([], ['2026-10-26', '2026-10-27'], ['2027-03-29']),
  });
  const moments = fc
    .integer({ min: Date.parse('2026-10-20T00:00:00Z'), max: Date.parse('2027-04-05T00:00:00Z') })
    .map((time) => new Date(time));

  test('are terms that it registers', () => {
    fc.assert(
      fc.property(calendars, (calendar) => {
        const registered = distributorRegistration.safeParse({ name: 'Rail', terms: termsOf(calendar) });
        expect(registered.error?.issues).toBeUndefined();
      }),
    );
  });

  test('are kept by every date of the calendar, as the office judges it', () => {
    fc.assert(
      fc.property(
        calendars,
        moments,
        fc.record({
          country: fc.constantFrom('DE', 'FR'),
          weightGrams: fc.integer({ min: 1, max: 300_000 }),
          handlingHours: fc.integer({ min: 0, max: 100 }),
        }),
        (calendar, orderedAt, goods) => {
          // The instruction comes some time after the promise.
          const now = new Date(orderedAt.getTime() + 30_000);
          if (refusalOf(goods, calendar)) return;
          const notBefore = earliestDelivery(goods, calendar, now);
          if (!notBefore) return;
          const wanted = { notBefore, places: placesFor(goods.weightGrams, calendar) };
          const date = [...serviceDaysFrom(notBefore, calendar)]
            .map((day) => firstFree(day, [], wanted, calendar)?.deliverAt)
            .find((deliverAt) => deliverAt !== undefined);
          if (!date) return;
          const { country, ...parcel } = goods;
          const consignment = {
            parcels: [{ sku: 'linen', quantity: 1, ...parcel }],
            place: { country, street: 'Lindenweg 4' },
            terms: termsOf(calendar),
            orderedAt,
          };
          expect(judgeDate(date, consignment, now)).toBe('possible');
        },
      ),
      { numRuns: 300 },
    );
  });
});
