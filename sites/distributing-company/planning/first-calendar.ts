import type { EntityManager } from '@mikro-orm/postgresql';
import { CompanyCalendar } from '../entities/calendar.entity.ts';
import { WeeklyHour } from '../entities/weekly-hour.entity.ts';

/** At home in Germany, whose clock and holidays it keeps, and Europe beyond. */
const EUROPE = 'DE AT BE BG CH CY CZ DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK';
const RULES = {
  id: 1,
  timeZone: 'Europe/Berlin',
  countries: EUROPE.split(' '),
  holidayCountry: 'DE',
  cutOffHour: 16,
  homeHours: 24,
  abroadHours: 72,
  collectHours: 24,
  gramsPerPlace: 100_000,
  version: 1,
};

/** The calendar of a company that has none yet. One that is there is left as it is. */
export async function makeFirstCalendar(em: EntityManager): Promise<void> {
  if ((await em.count(CompanyCalendar)) > 0) return;
  await em.transactional(async (tx) => {
    await tx.upsertMany(WeeklyHour, [...usualWeek()]);
    await tx.upsert(CompanyCalendar, RULES, { onConflictAction: 'ignore' });
  });
}

/** Monday to Friday from 8 to 18 o'clock, six deliveries an hour; on Saturdays until 14 o'clock, three. */
function* usualWeek() {
  for (let weekday = 1; weekday <= 6; weekday += 1) {
    const [end, places] = weekday === 6 ? [14, 3] : [18, 6];
    for (let hour = 8; hour < end; hour += 1) yield { weekday, hour, places };
  }
}
