import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import { CompanyCalendar } from '../entities/calendar.entity.ts';
import { ClosedDay } from '../entities/closed-day.entity.ts';
import { WeeklyHour } from '../entities/weekly-hour.entity.ts';
import type { Calendar } from './calendar.ts';

/** The calendar as it is. */
export async function readCalendar(em: EntityManager): Promise<Calendar> {
  return withHours(em, await em.findOneOrFail(CompanyCalendar, 1));
}

/**
 * The calendar, and the right to plan by it until the transaction ends: whoever plans, or changes the calendar, waits for
 * whoever does so already. So that no two see the same place free.
 */
export async function lockCalendar(tx: EntityManager): Promise<{ row: CompanyCalendar; calendar: Calendar }> {
  const row = await tx.findOneOrFail(CompanyCalendar, 1, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
  return { row, calendar: await withHours(tx, row) };
}

async function withHours(em: EntityManager, row: CompanyCalendar): Promise<Calendar> {
  const hours = await em.find(WeeklyHour, {}, { orderBy: { weekday: 'asc', hour: 'asc' } });
  const closed = await em.find(ClosedDay, {}, { orderBy: { date: 'asc' } });
  const { timeZone, countries, holidayCountry, holidayRegion, cutOffHour, gramsPerPlace, collectHours } = row;
  return {
    timeZone,
    countries,
    ...(holidayCountry && { holidays: { country: holidayCountry, ...(holidayRegion && { region: holidayRegion }) } }),
    ...(typeof cutOffHour === 'number' && { cutOffHour }),
    leadHours: { home: row.homeHours, abroad: row.abroadHours },
    collectHours,
    gramsPerPlace,
    hours: hours.map(({ weekday, hour, places }) => ({ weekday, hour, places })),
    closedDays: closed.map(({ date }) => date),
  };
}
