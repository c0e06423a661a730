import type { EntityManager } from '@mikro-orm/postgresql';
import { Job } from '../entities/job.entity.ts';
import { Place } from '../entities/place.entity.ts';
import { readCalendar } from '../planning/read-calendar.ts';
import { serviceDayOf } from '../planning/service-days.ts';

/** An hour of a day as it is planned. */
export interface PlannedHour {
  readonly hour: number;
  readonly places: number;
  readonly free: number;
  /** Its deliveries, in the order of their times. */
  readonly stops: readonly Job[];
}

/** A day by its hours: what is taken, and what is free. Without service hours on a day on which nobody delivers. */
export async function planOfDay(em: EntityManager, date: string): Promise<PlannedHour[]> {
  const calendar = await readCalendar(em);
  const taken = await em.find(Place, { date }, { orderBy: { hour: 'asc', number: 'asc' } });
  const jobs = await em.find(Job, { orderId: taken.map(({ orderId }) => orderId) });
  const jobOf = new Map(jobs.map((job) => [job.orderId, job]));
  const usual = new Map(serviceDayOf(date, calendar)?.hours.map(({ hour, places }) => [hour, places]));
  // What has its date keeps it, also in an hour that is closed by now.
  const hours = [...new Set([...usual.keys(), ...taken.map(({ hour }) => hour)])].toSorted((a, b) => a - b);
  return hours.map((hour) => {
    const places = usual.get(hour) ?? 0;
    const here = taken.filter((place) => place.hour === hour);
    const first = here.filter(({ orderId }, index) => here[index - 1]?.orderId !== orderId);
    const stops = first.flatMap(({ orderId }) => jobOf.get(orderId) ?? []);
    return { hour, places, free: Math.max(0, places - here.length), stops };
  });
}
