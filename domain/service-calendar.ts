import { DateTime } from 'luxon';
import { isHoliday, type HolidayCalendar } from './holidays.ts';

/** When a distributor delivers, by its own clock. */
export interface ServiceCalendar {
  /** IANA name: days, hours and holidays are those of its local calendar. */
  readonly timeZone: string;
  /** ISO weekdays on which it delivers: 1 is Monday, 7 is Sunday. */
  readonly weekdays: readonly number[];
  /** Local hours of the service window, `from` included, `to` not; 24 is midnight. */
  readonly window: { readonly fromHour: number; readonly toHour: number };
  /** It does not deliver on public holidays of this calendar. Absent: on those, too. */
  readonly holidays?: HolidayCalendar;
  /** Goods that are handed over from this local hour on leave on the next service day. Absent: they leave at once. */
  readonly cutOffHour?: number;
}

/** So many days ahead a service day is looked for. */
export const LOOK_AHEAD_DAYS = 60;
const MINUTE_MS = 60_000;

/** True when it delivers at that moment: inside the window of a service day that is no holiday. */
export function isServiceTime(at: Date, calendar: ServiceCalendar): boolean {
  const local = localTime(at, calendar);
  const { fromHour, toHour } = calendar.window;
  return isServiceDay(local, calendar) && local.hour >= fromHour && local.hour < toHour;
}

/**
 * The first slot from `from` on that lies so many minutes after the window's beginning, by the wall clock. A day on which a
 * clock change swallows that time has no such slot; of a time that comes twice, the first counts. `undefined`: none is near.
 */
export function firstSlot(from: Date, minuteOfWindow: number, calendar: ServiceCalendar): Date | undefined {
  const hour = calendar.window.fromHour + Math.floor(minuteOfWindow / 60);
  for (const day of serviceDays(from, calendar)) {
    const slot = atWallClock(day, hour, minuteOfWindow % 60);
    if (slot && slot >= from) return slot;
  }
  return undefined;
}

/** The first whole minute from `from` on at which it delivers; `undefined`: none is near. */
export function firstServiceTime(from: Date, calendar: ServiceCalendar): Date | undefined {
  for (const day of serviceDays(from, calendar)) {
    const opens = firstOf(day.set({ hour: calendar.window.fromHour, minute: 0 }));
    const at = new Date(Math.ceil(Math.max(opens.toMillis(), from.getTime()) / MINUTE_MS) * MINUTE_MS);
    if (isServiceTime(at, calendar)) return at;
  }
  return undefined;
}

/**
 * When goods that are handed over at `at` leave: at once; where there is a cut-off hour, at once only before it and on a service
 * day, otherwise as the next service day begins. `undefined`: none is near.
 */
export function leavesAt(at: Date, calendar: ServiceCalendar): Date | undefined {
  const { cutOffHour } = calendar;
  if (cutOffHour === undefined) return at;
  const local = localTime(at, calendar);
  if (isServiceDay(local, calendar) && local.hour < cutOffHour) return at;
  for (const day of serviceDays(at, calendar)) {
    if (!day.hasSame(local, 'day')) return firstOf(day.startOf('day')).toJSDate();
  }
  return undefined;
}

/** The service days from the day of `from` on, each at its noon: that hour exists whatever the clocks do. */
function* serviceDays(from: Date, calendar: ServiceCalendar): Generator<DateTime> {
  const noon = localTime(from, calendar).set({ hour: 12, minute: 0, second: 0, millisecond: 0 });
  for (let days = 0; days <= LOOK_AHEAD_DAYS; days += 1) {
    const day = noon.plus({ days });
    if (isServiceDay(day, calendar)) yield day;
  }
}

function isServiceDay(local: DateTime, { weekdays, holidays }: ServiceCalendar): boolean {
  return weekdays.includes(local.weekday) && !(holidays && isHoliday(holidays, local));
}

/** The moment at which the wall clock of that day says so; `undefined` when it never does. */
function atWallClock(day: DateTime, hour: number, minute: number): Date | undefined {
  const at = day.set({ hour, minute });
  const exists = at.hour === hour && at.minute === minute && at.hasSame(day, 'day');
  return exists ? firstOf(at).toJSDate() : undefined;
}

/** Of the moments at which the wall clock says the same, the first. */
function firstOf(local: DateTime): DateTime {
  return local.getPossibleOffsets().reduce((first, other) => (other < first ? other : first), local);
}

function localTime(at: Date, { timeZone }: ServiceCalendar): DateTime {
  return DateTime.fromJSDate(at, { zone: timeZone });
}
