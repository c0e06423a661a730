import Holidays from 'date-holidays';
import { LRUCache } from 'lru-cache';
import type { Calendar } from './calendar.ts';

type HolidayCalendar = NonNullable<Calendar['holidays']>;

/** The holidays of a year take milliseconds to compute: those of so many calendars and years are remembered. */
const remembered = new LRUCache<string, ReadonlySet<string>>({ max: 50 });
const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** True on a public holiday. One that begins during a day takes the whole day; one of several days takes each of them. */
export function isHoliday(calendar: HolidayCalendar, isoDate: string): boolean {
  const year = Number(isoDate.slice(0, 4));
  // The first days of a year may belong to holidays that began in the last one.
  return holidaysOf(calendar, year).has(isoDate) || holidaysOf(calendar, year - 1).has(isoDate);
}

/** True when the public holidays of that country, and of that part of it, are known. */
export function isKnownCalendar({ country, region }: HolidayCalendar): boolean {
  const known = new Holidays();
  const isCountry = Object.hasOwn(known.getCountries(), country);
  return isCountry && (region === undefined || Object.hasOwn(known.getStates(country) ?? {}, region));
}

function holidaysOf({ country, region = '' }: HolidayCalendar, year: number): ReadonlySet<string> {
  const key = `${country}-${region}:${year}`;
  const before = remembered.get(key);
  if (before) return before;
  const days = new Holidays(country, region, { types: ['public'] }).getHolidays(year).flatMap(daysOf);
  const set = new Set(days);
  remembered.set(key, set);
  return set;
}

/** `date` is local; the length is the exact one, a clock change more or less. */
function daysOf({ date, start, end }: { date: string; start: Date; end: Date }): string[] {
  const first = Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
  const days = Math.max(1, Math.ceil((end.getTime() - start.getTime() - 2 * HOUR_MS) / DAY_MS));
  return Array.from({ length: days }, (_, day) => new Date(first + day * DAY_MS).toISOString().slice(0, 10));
}
