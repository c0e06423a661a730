import Holidays from 'date-holidays';
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import {
  judgeDate,
  planDispatch,
  possibleDates,
  type Consignment,
  type DistributorTerms,
} from '../../domain/dispatch.ts';
import { isServiceTime } from '../../domain/service-calendar.ts';

/*
 * Every rule of when goods can come, over all zones of the world, clock changes, leap days and year ends, against a second
 * calendar: Temporal's own, and the holidays as their library answers them for a day.
 */

const ZONES = Intl.supportedValuesOf('timeZone');
/** Half-hour changes, quarter-hour offsets, a day that was left out, changes around Ramadan, and changes at midnight. */
const ODD_ZONES = [
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Pacific/Apia',
  'Africa/Casablanca',
  'Africa/Cairo',
  'Asia/Beirut',
  'America/Havana',
  'America/Santiago',
  'America/St_Johns',
  'Atlantic/Azores',
  'Antarctica/Troll',
];
/** Calendars without holidays of half a day. */
const CALENDARS = [
  { country: 'DE', region: 'BY' },
  { country: 'GB', region: 'SCT' },
  { country: 'JP' },
  { country: 'FR' },
];
const HOUR_MS = 3_600_000;

const zone = fc.oneof(fc.constantFrom(...ZONES), fc.constantFrom(...ODD_ZONES));
const window = fc
  .tuple(fc.integer({ min: 0, max: 24 }), fc.integer({ min: 0, max: 24 }))
  .filter(([one, other]) => one !== other)
  .map(([one, other]) => ({ fromHour: Math.min(one, other), toHour: Math.max(one, other) }));
const narrow = fc.integer({ min: 0, max: 4 }).map((fromHour) => ({ fromHour, toHour: fromHour + 1 }));
const hours = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 200 }));

const terms: fc.Arbitrary<DistributorTerms> = fc.record(
  {
    countries: fc.constantFrom(['DE'], ['DE', 'FR'], ['FR', 'DE', 'US']),
    timeZone: zone,
    weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
    window: fc.oneof(window, narrow),
    maxWeightGrams: fc.integer({ min: 1_000_000, max: 2_000_000 }),
    transitHours: fc.record({ home: hours, abroad: hours }),
    holidays: fc.constantFrom(...CALENDARS),
    cutOffHour: fc.integer({ min: 0, max: 24 }),
  },
  { requiredKeys: ['countries', 'timeZone', 'weekdays', 'window', 'maxWeightGrams'] },
);

const parcels = fc.array(
  fc.record({
    sku: fc.string(),
    quantity: fc.integer({ min: 1, max: 100 }),
    weightGrams: fc.integer({ min: 1, max: 1_000 }),
    handlingHours: hours,
  }),
  { minLength: 1, maxLength: 3 },
);
const place = fc.record({ country: fc.constant('DE'), city: fc.string(), street: fc.string({ unit: 'grapheme' }) });

/** Any time, and above all around clock changes of the zone, leap days and year ends. */
function around(timeZone: string): fc.Arbitrary<Date> {
  const any = fc.date({ min: new Date('2024-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
  const days = fc.integer({ min: -200, max: 4 }).map((back) => back * HOUR_MS);
  const near = (at: number) => days.map((shift) => new Date(at + shift));
  const change = any.chain((at) => near(changeAfter(at, timeZone)));
  const year = fc.integer({ min: 2024, max: 2039 });
  return fc.oneof(
    any,
    change,
    year.chain((in_) => near(Date.UTC(in_, 11, 31, 23))),
    year.chain((in_) => near(Date.UTC(4 * Math.floor(in_ / 4), 1, 29, 12))),
  );
}

function changeAfter(at: Date, timeZone: string): number {
  const next = localTime(at, timeZone).getTimeZoneTransition('next');
  return next && next.epochMilliseconds < Date.UTC(2040, 0) ? next.epochMilliseconds : at.getTime();
}

const orders = terms.chain((rules) =>
  fc
    .record({ parcels, place, orderedAt: around(rules.timeZone) })
    .map((order): Consignment => ({ ...order, terms: rules })),
);

function localTime(at: Date, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timeZone);
}

function serves(date: Temporal.PlainDate, { weekdays, holidays }: DistributorTerms): boolean {
  if (!weekdays.includes(date.dayOfWeek)) return false;
  return !holidays || !isHoliday(date.toString(), holidays);
}

const answered = new Map<string, boolean>();
const calendars = new Map(
  CALENDARS.map((calendar) => [
    calendar.country,
    'region' in calendar
      ? new Holidays(calendar.country, String(calendar.region), { types: ['public'] })
      : new Holidays(calendar.country, { types: ['public'] }),
  ]),
);

function isHoliday(date: string, { country }: { country: string }): boolean {
  const key = `${country} ${date}`;
  const known = answered.get(key) ?? calendars.get(country)?.isHoliday(`${date} 12:00:00`) !== false;
  answered.set(key, known);
  return known;
}

/** When the goods can be there, in Temporal's words. */
function arrival({ parcels: goods, place: { country }, terms: rules, orderedAt }: Consignment): number {
  const { cutOffHour, timeZone, countries, transitHours = { home: 24, abroad: 72 } } = rules;
  let leaves = localTime(orderedAt, timeZone).add({ hours: Math.max(...goods.map((parcel) => parcel.handlingHours)) });
  if (cutOffHour !== undefined && !(serves(leaves.toPlainDate(), rules) && leaves.hour < cutOffHour)) {
    let date = leaves.toPlainDate().add({ days: 1 });
    while (!serves(date, rules)) date = date.add({ days: 1 });
    leaves = date.toZonedDateTime(timeZone);
  }
  return leaves.epochMilliseconds + (country === countries[0] ? transitHours.home : transitHours.abroad) * HOUR_MS;
}

/** That time of that day, the first of two; `undefined` when it does not come. */
function atWallClock(date: Temporal.PlainDate, time: Temporal.PlainTime, timeZone: string): number | undefined {
  const at = date.toZonedDateTime({ timeZone, plainTime: time });
  return at.toPlainTime().equals(time) && at.toPlainDate().equals(date) ? at.epochMilliseconds : undefined;
}

function slotOf(order: Consignment): Date {
  const plan = planDispatch(order, order.orderedAt);
  if (plan.kind === 'impossible') throw new Error(`${plan.reason}: ${plan.detail}`);
  return plan.deliverAt;
}

const deliverable = orders.filter(({ terms: { countries } }) => countries.includes('DE'));
const RUNS = { numRuns: 300 };

test('a slot lies ahead, not before the goods, on a service day that is no holiday, inside the window of the local clock', () => {
  fc.assert(
    fc.property(deliverable, (order) => {
      const { terms: rules, orderedAt } = order;
      const slot = slotOf(order);
      const local = localTime(slot, rules.timeZone);
      expect(slot.getTime()).toBeGreaterThan(orderedAt.getTime());
      expect(slot.getTime()).toBeGreaterThanOrEqual(arrival(order));
      expect(serves(local.toPlainDate(), rules)).toBe(true);
      expect(local.hour).toBeGreaterThanOrEqual(rules.window.fromHour);
      expect(local.hour).toBeLessThan(rules.window.toHour);
      expect([local.second, local.millisecond]).toEqual([0, 0]);
    }),
    RUNS,
  );
});

test('no earlier service day would have had the same place in the round', () => {
  fc.assert(
    fc.property(deliverable, (order) => {
      const { timeZone } = order.terms;
      const slot = slotOf(order);
      const local = localTime(slot, timeZone);
      const first = localTime(new Date(arrival(order)), timeZone).toPlainDate();
      for (let date = first; Temporal.PlainDate.compare(date, local.toPlainDate()) <= 0; date = date.add({ days: 1 })) {
        if (!serves(date, order.terms)) continue;
        const at = atWallClock(date, local.toPlainTime(), timeZone);
        const possible = at !== undefined && at >= arrival(order) && at > order.orderedAt.getTime();
        expect(possible).toBe(at === slot.getTime());
      }
    }),
    RUNS,
  );
});

test('the place in the round is that of goods and place, whoever receives them and whenever they are ordered', () => {
  const name = fc.string();
  fc.assert(
    fc.property(deliverable, fc.constantFrom(...ODD_ZONES).chain(around), name, (order, otherTime, receiver) => {
      const { timeZone } = order.terms;
      const named = { ...order, place: { ...order.place, name: receiver, phone: receiver } };
      expect(slotOf(named)).toEqual(slotOf(order));
      const later = { ...order, orderedAt: otherTime };
      expect(localTime(slotOf(later), timeZone).toPlainTime()).toEqual(
        localTime(slotOf(order), timeZone).toPlainTime(),
      );
    }),
    RUNS,
  );
});

test('what is ordered later never comes earlier', () => {
  fc.assert(
    fc.property(deliverable, fc.integer({ min: 0, max: 400 }), (order, laterHours) => {
      const later = { ...order, orderedAt: new Date(order.orderedAt.getTime() + laterHours * HOUR_MS) };
      expect(slotOf(later).getTime()).toBeGreaterThanOrEqual(slotOf(order).getTime());
    }),
    RUNS,
  );
});

test('every slot is a date that the distributor could fix by hand', () => {
  fc.assert(
    fc.property(deliverable, (order) => {
      expect(judgeDate(slotOf(order), order, order.orderedAt)).toBe('possible');
    }),
    RUNS,
  );
});

test('the dates to choose from begin with the slot, are all possible, and leave out no service day', () => {
  const later = fc.integer({ min: 0, max: 400 });
  fc.assert(
    fc.property(deliverable, later, fc.integer({ min: 1, max: 4 }), (order, laterHours, most) => {
      const now = new Date(order.orderedAt.getTime() + laterHours * HOUR_MS);
      const dates = possibleDates(order, now, most);
      const chain = [now, ...dates];
      expect(dates.length).toBeLessThanOrEqual(most);
      dates.forEach((date, at) => {
        expect(judgeDate(date, order, now)).toBe('possible');
        expect(planDispatch(order, chain[at] ?? now)).toEqual({ kind: 'planned', deliverAt: date });
      });
      const days = dates.map((date) => localTime(date, order.terms.timeZone).toPlainDate().toString());
      expect(new Set(days).size).toBe(dates.length);
      // Fewer than wanted there are only where no further one can be planned from now.
      const last = chain.at(-1) ?? now;
      const next = dates.length < most ? planDispatch(order, last) : undefined;
      if (next?.kind === 'planned')
        expect(next.deliverAt.getTime() - now.getTime()).toBeGreaterThan(365 * 24 * HOUR_MS);
    }),
    { numRuns: 50 },
  );
});

/** Orders, with a date by hand around their goods' arrival, and when it is judged. */
const byHand = deliverable.chain((order) =>
  fc.record({
    order: fc.constant(order),
    deliverAt: fc.integer({ min: -72, max: 400 }).map((shift) => new Date(arrival(order) + shift * HOUR_MS)),
    now: fc.integer({ min: 0, max: 100 }).map((shift) => new Date(order.orderedAt.getTime() + shift * HOUR_MS)),
  }),
);

function isPossible(order: Consignment, deliverAt: number, now: Date): boolean {
  const { terms: rules } = order;
  const local = localTime(new Date(deliverAt), rules.timeZone);
  const within = local.hour >= rules.window.fromHour && local.hour < rules.window.toHour;
  return deliverAt > now.getTime() && deliverAt >= arrival(order) && within && serves(local.toPlainDate(), rules);
}

test('a date by hand is possible by the same rules', () => {
  fc.assert(
    fc.property(byHand, ({ order, deliverAt, now }) => {
      expect(judgeDate(deliverAt, order, now) === 'possible').toBe(isPossible(order, deliverAt.getTime(), now));
    }),
    RUNS,
  );
});

test('the next possible date is possible, and none before it is', () => {
  fc.assert(
    fc.property(byHand, ({ order, deliverAt, now }) => {
      const judged = judgeDate(deliverAt, order, now);
      if (judged === 'possible') return;
      const offered = judged.nextPossible?.getTime() ?? Number.NaN;
      expect(isPossible(order, offered, now)).toBe(true);
      const from = Math.max(deliverAt.getTime(), arrival(order), now.getTime() + HOUR_MS);
      expect(offered).toBeGreaterThanOrEqual(from);
      // Service begins on quarters of an hour: it would have begun at one of these, or have been there from the beginning.
      for (let at = Math.ceil(from / 60_000) * 60_000; at < offered; at = (Math.floor(at / 900_000) + 1) * 900_000)
        expect(isServiceTime(new Date(at), order.terms) && isPossible(order, at, now)).toBe(false);
    }),
    { numRuns: 100 },
  );
});
