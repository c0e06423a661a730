import type { EntityManager } from '@mikro-orm/postgresql';
import type { CompanyCalendar } from '../entities/calendar.entity.ts';
import { ClosedDay } from '../entities/closed-day.entity.ts';
import { WeeklyHour } from '../entities/weekly-hour.entity.ts';
import type { ServiceHour } from './calendar.ts';
import { isKnownCalendar } from './holidays.ts';
import { lockCalendar } from './read-calendar.ts';

/** What may be changed beside hours and closed days. `null` takes a rule away. */
export type Rules = Partial<
  Pick<
    CompanyCalendar,
    | 'timeZone'
    | 'countries'
    | 'holidayCountry'
    | 'holidayRegion'
    | 'cutOffHour'
    | 'homeHours'
    | 'abroadHours'
    | 'collectHours'
    | 'gramsPerPlace'
  >
>;

/*
 * Every change holds the calendar's lock, so that nobody plans by half of it, and makes a new version, whose terms are then
 * registered at the check office. Deliveries that have their date keep it.
 */

/** Changes rules. Throws `RangeError` with what is wrong: holidays that are not known, a clock that does not exist. */
export async function changeRules(em: EntityManager, rules: Rules): Promise<void> {
  await em.transactional(async (tx) => {
    const { row } = await lockCalendar(tx);
    tx.assign(row, { ...rules, version: row.version + 1 });
    const { timeZone, holidayCountry, holidayRegion } = row;
    if (!isTimeZone(timeZone)) throw new RangeError(`${timeZone} is no time zone`);
    if (
      holidayCountry &&
      !isKnownCalendar({ country: holidayCountry, ...(holidayRegion && { region: holidayRegion }) })
    )
      throw new RangeError(
        `the holidays of ${[holidayCountry, holidayRegion].filter(Boolean).join('-')} are not known`,
      );
  });
}

/** Sets the capacity of an hour of the week; 0 places: no service in it. The last hour of the week stays. */
export async function setHour(em: EntityManager, { weekday, hour, places }: ServiceHour): Promise<void> {
  await em.transactional(async (tx) => {
    const { row, calendar } = await lockCalendar(tx);
    const isLast = calendar.hours.every((other) => other.weekday === weekday && other.hour === hour);
    if (places === 0 && isLast) throw new RangeError('a company that never delivers has no calendar');
    if (places === 0) await tx.nativeDelete(WeeklyHour, { weekday, hour });
    else await tx.upsert(WeeklyHour, { weekday, hour, places });
    row.version += 1;
  });
}

/** Closes a day, or opens it again. ISO date. */
export async function closeDay(em: EntityManager, date: string, isClosed: boolean): Promise<void> {
  await em.transactional(async (tx) => {
    const { row } = await lockCalendar(tx);
    if (isClosed) await tx.upsert(ClosedDay, { date });
    else await tx.nativeDelete(ClosedDay, { date });
    row.version += 1;
  });
}

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}
