import Holidays from 'date-holidays';
import { LRUCache } from 'lru-cache';

/** Whose public holidays count. */
export interface HolidayCalendar {
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** A state, ISO 3166-2: `BY` or `DE-BY`; where a part of a state has holidays of its own, `BY-A`. Absent: the national ones. */
  readonly region?: string;
}

/** A day of the calendar, wherever it is. */
export interface CalendarDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** The days of so many calendars and years are remembered, which are the same whoever asks: computing those of one takes milliseconds. */
const MOST_REMEMBERED = 500;
const remembered = new LRUCache<string, ReadonlySet<string>>({ max: MOST_REMEMBERED });
const known = new Holidays();

/** True when the holidays of this country, and of this part of it, are known. */
export function isKnownCalendar(calendar: HolidayCalendar): boolean {
  const { country, state, part } = placeOf(calendar);
  if (!Object.hasOwn(known.getCountries(), country)) return false;
  if (state === undefined) return true;
  if (!Object.hasOwn(known.getStates(country) ?? {}, state)) return false;
  return part === undefined || Object.hasOwn(known.getRegions(country, state) ?? {}, part);
}

/** True on a public holiday. One that begins during a day takes the whole day; one of several days takes each of them. */
export function isHoliday(calendar: HolidayCalendar, { year, month, day }: CalendarDay): boolean {
  const date = `${year}-${twoDigits(month)}-${twoDigits(day)}`;
  // The last days of a year may belong to holidays that began in it.
  return holidaysOf(calendar, year).has(date) || holidaysOf(calendar, year - 1).has(date);
}

/** The public holidays that begin in a year, as ISO dates of the country's own calendar. */
function holidaysOf(calendar: HolidayCalendar, year: number): ReadonlySet<string> {
  const { country, state = '', part = '' } = placeOf(calendar);
  const key = `${country}-${state}-${part}:${year}`;
  const before = remembered.get(key);
  if (before) return before;
  const days = new Set(
    new Holidays(country, state, part, { types: ['public'] }).getHolidays(year).flatMap((holiday) => daysOf(holiday)),
  );
  remembered.set(key, days);
  return days;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** `date` is local and begins with the day; the length is the exact one, a clock change more or less. */
function daysOf({ date, start, end }: { date: string; start: Date; end: Date }): string[] {
  const first = Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
  const days = Math.max(1, Math.ceil((end.getTime() - start.getTime()) / DAY_MS - 1 / 12));
  return Array.from({ length: days }, (_, day) => new Date(first + day * DAY_MS).toISOString().slice(0, 10));
}

function placeOf({ country, region }: HolidayCalendar) {
  const own = region?.startsWith(`${country}-`) ? region.slice(country.length + 1) : region;
  const [state, part] = own?.split('-') ?? [];
  return { country, state, part };
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}
