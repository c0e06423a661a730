import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import { Call } from '../entities/call.entity.ts';
import { Job } from '../entities/job.entity.ts';
import { lockCalendar } from '../planning/read-calendar.ts';
import { giveBackPlace } from '../planning/take-place.ts';
import { planJob, type Planned } from './plan-job.ts';
import { addCall } from './report.ts';
import type { JobState } from './states.ts';

const MAY_BE_FIXED: readonly JobState[] = ['to_plan', 'refused', 'planned'];

export type Fixed = Planned | { readonly kind: 'does_not_fit'; readonly detail: string };

/**
 * Fixes a date by hand, or another one: the first free place from `notBefore` on. It is then reported to the check office by its API.
 */
export async function fixDate(
  em: EntityManager,
  { orderId, notBefore }: { readonly orderId: string; readonly notBefore?: Date },
  now: Date,
): Promise<Fixed> {
  return em.fork().transactional(async (tx) => {
    const { calendar } = await lockCalendar(tx);
    const job = await tx.findOne(Job, orderId, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (!job || !MAY_BE_FIXED.includes(job.state))
      return { kind: 'does_not_fit', detail: `The job of the order ${orderId} is ${job?.state ?? 'not here'}.` };
    if (notBefore && notBefore > job.notBefore) job.notBefore = notBefore;
    const planned = await planJob(tx, job, calendar, now);
    if (planned.kind === 'planned') {
      tx.assign(job, { state: 'planned', refusal: null, endedAt: null });
      await sayDate(tx, job, now);
    } else tx.assign(job, { state: 'to_plan' });
    return planned;
  });
}

/** The check office does not take the date, and names no other: a person must look. */
export async function takeDateBack(em: EntityManager, orderId: string): Promise<void> {
  await em.fork().transactional(async (tx) => {
    const job = await tx.findOne(Job, orderId, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (job?.state !== 'planned') return;
    await giveBackPlace(tx, orderId);
    tx.assign(job, { state: 'to_plan', deliverAt: null, plannedAt: null });
  });
}

/** Leaves word of the job's date for the check office's API. */
export async function sayDate(tx: EntityManager, job: Job, now: Date, dueAt = now): Promise<void> {
  const { orderId, deliverAt } = job;
  if (!deliverAt) return;
  const before = await tx.count(Call, { orderId, operation: 'fix_date' });
  const body = { deliverAt: deliverAt.toISOString() };
  addCall(tx, { orderId, key: `fix_date-${before + 1}`, operation: 'fix_date', body }, now, dueAt);
}
