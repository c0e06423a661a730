import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import type { MessageOf, SiteAnswer } from '../../../client/site.ts';
import { Job } from '../entities/job.entity.ts';
import type { Calendar } from '../planning/calendar.ts';
import { earliestAgain } from '../planning/consignment.ts';
import { giveBackPlace } from '../planning/take-place.ts';
import { planJob } from './plan-job.ts';
import { endJob } from './report.ts';
import { isEnded } from './states.ts';

const RECEIVED: SiteAnswer = { verdict: 'received' };

/**
 * Nobody took the goods: another place, the old one given back. `received`, without a date, when there is nothing to deliver any
 * more or nothing free. Only under the calendar's lock.
 */
export async function scheduleAgain(
  tx: EntityManager,
  { orderId, body: { failedAt } }: MessageOf<'schedule_again'>,
  { calendar, now }: { readonly calendar: Calendar; readonly now: Date },
): Promise<SiteAnswer> {
  const job = await jobOf(tx, orderId);
  if (!job || isEnded(job.state)) return RECEIVED;
  const again = earliestAgain(new Date(failedAt), calendar);
  if (again > job.notBefore) job.notBefore = again;
  const planned = await planJob(tx, job, calendar, now);
  // The goods are in the driver's hands already.
  tx.assign(job, { state: planned.kind === 'planned' ? 'picked_up' : 'failed', attempt: job.attempt + 1 });
  if (planned.kind === 'no_capacity') return RECEIVED;
  return { verdict: 'scheduled', body: { deliverAt: planned.deliverAt } };
}

/** The order has ended early: the place is free again, the driver's job cancelled. What was delivered stays delivered. */
export async function withdraw(tx: EntityManager, orderId: string, now: Date): Promise<SiteAnswer> {
  const job = await jobOf(tx, orderId);
  if (!job || (isEnded(job.state) && job.state !== 'refused')) return RECEIVED;
  await giveBackPlace(tx, orderId);
  job.state = 'cancelled';
  endJob(tx, job, now);
  return RECEIVED;
}

function jobOf(tx: EntityManager, orderId: string): Promise<Job | null> {
  return tx.findOne(Job, orderId, { lockMode: LockMode.PESSIMISTIC_WRITE });
}
