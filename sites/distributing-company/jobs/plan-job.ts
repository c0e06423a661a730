import type { EntityManager } from '@mikro-orm/postgresql';
import type { Job } from '../entities/job.entity.ts';
import type { Calendar } from '../planning/calendar.ts';
import { giveBackPlace, takePlace } from '../planning/take-place.ts';

/** A place of the calendar, or none. Times are RFC 3339. */
export type Planned = { readonly kind: 'planned'; readonly deliverAt: string } | { readonly kind: 'no_capacity' };

/**
 * Fixes the job's date and time: the first free place from its `notBefore` on, never in the past. A place that it had is given
 * back. Only under the calendar's lock.
 */
export async function planJob(tx: EntityManager, job: Job, calendar: Calendar, now: Date): Promise<Planned> {
  await giveBackPlace(tx, job.orderId);
  const notBefore = job.notBefore > now ? job.notBefore : now;
  const deliverAt = await takePlace(tx, { ...job, notBefore }, calendar);
  if (!deliverAt) return { kind: 'no_capacity' };
  job.deliverAt = deliverAt;
  job.plannedAt = now;
  return { kind: 'planned', deliverAt: deliverAt.toISOString() };
}
