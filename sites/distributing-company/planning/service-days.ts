import { DateTime } from 'luxon';
import type { Calendar, ServiceHour } from './calendar.ts';
import { isHoliday } from './holidays.ts';

/** A day on which the company delivers. */
export interface ServiceDay {
  /** ISO, of the company's local calendar. */
  readonly date: string;
  /** Its service hours, in their order. */
  readonly hours: readonly ServiceHour[];
}

/** So many days ahead a place is looked for. */
export const LOOK_AHEAD_DAYS = 60;

/** The service days from the day of `from` on, in their order, as far as anybody plans. */
export function* serviceDaysFrom(from: Date, calendar: Calendar): Generator<ServiceDay> {
  const first = localTime(from, calendar).startOf('day');
  for (let days = 0; days <= LOOK_AHEAD_DAYS; days += 1) {
    const day = serviceDayOf(first.plus({ days }).toISODate() ?? '', calendar);
    if (day) yield day;
  }
}

/** The hours of that date; `undefined` when the company does not deliver on it. */
export function serviceDayOf(date: string, calendar: Calendar): ServiceDay | undefined {
  const { weekday } = DateTime.fromISO(date, { zone: calendar.timeZone });
  const hours = calendar.hours.filter((hour) => hour.weekday === weekday).toSorted((a, b) => a.hour - b.hour);
  if (hours.length === 0 || calendar.closedDays.includes(date)) return undefined;
  if (calendar.holidays && isHoliday(calendar.holidays, date)) return undefined;
  return { date, hours };
}

/**
 * When the stop of a place is: places are spread evenly over their hour by the wall clock. `undefined` where a clock change
 * swallows that minute; of one that comes twice, the first counts.
 */
export function timeOfPlace(
  { date, hour, places }: ServiceHour & { date: string },
  place: number,
  calendar: Calendar,
): Date | undefined {
  const minute = Math.floor((place * 60) / places);
  const day = DateTime.fromISO(date, { zone: calendar.timeZone });
  const at = day.set({ hour, minute });
  if (at.hour !== hour || at.minute !== minute || !at.hasSame(day, 'day')) return undefined;
  return firstOf(at).toJSDate();
}

/**
 * When goods that are ready at `at` leave: at once before the cut-off hour of a service day, else as the next service day
 * begins. `undefined`: no service day is near.
 */
export function leavesAt(at: Date, calendar: Calendar): Date | undefined {
  const { cutOffHour } = calendar;
  if (cutOffHour === undefined) return at;
  const local = localTime(at, calendar);
  const today = local.toISODate();
  for (const { date } of serviceDaysFrom(at, calendar)) {
    if (date !== today) return firstOf(DateTime.fromISO(date, { zone: calendar.timeZone })).toJSDate();
    if (local.hour < cutOffHour) return at;
  }
  return undefined;
}

/** The date that the company's own calendar shows at that moment. */
export function localDate(at: Date, calendar: Pick<Calendar, 'timeZone'>): string {
  return localTime(at, calendar).toISODate() ?? '';
}

function localTime(at: Date, { timeZone }: Pick<Calendar, 'timeZone'>): DateTime {
  return DateTime.fromJSDate(at, { zone: timeZone });
}

/** Of the moments at which the wall clock says the same, the first. */
function firstOf(local: DateTime): DateTime {
  return local.getPossibleOffsets().reduce((first, other) => (other < first ? other : first), local);
}
