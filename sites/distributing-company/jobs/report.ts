import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import { Call } from '../entities/call.entity.ts';
import { Job } from '../entities/job.entity.ts';
import { giveBackPlace } from '../planning/take-place.ts';
import { isEnded, stateAfter, type Report } from './states.ts';

/** What the driver says. */
export interface DriverReport {
  readonly orderId: string;
  readonly report: Report;
  /** Who took the goods; of a delivery only. */
  readonly receivedBy?: string;
  /** Nothing personal: it is kept as it is sent. */
  readonly note?: string;
}

export type Reported = { readonly kind: 'reported' } | { readonly kind: 'does_not_fit'; readonly detail: string };

/**
 * Moves the job on, and leaves the report for the check office in the same transaction: whatever ends in between, it is sent,
 * under the same event id on every try.
 */
export async function reportJob(em: EntityManager, said: DriverReport, now: Date): Promise<Reported> {
  return em.fork().transactional(async (tx) => {
    const job = await tx.findOne(Job, said.orderId, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (!job) return { kind: 'does_not_fit', detail: `There is no job for the order ${said.orderId}.` };
    const state = stateAfter(job.state, said.report);
    if (!state) return { kind: 'does_not_fit', detail: `The job is ${job.state}: ${said.report} does not fit.` };
    job.state = state;
    // A place on which nobody comes is free for somebody else.
    if (state === 'failed') await giveBackPlace(tx, job.orderId);
    addCall(
      tx,
      { orderId: job.orderId, key: `${said.report}-${job.attempt}`, operation: 'report', body: bodyOf(said, now) },
      now,
    );
    if (isEnded(state)) endJob(tx, job, now);
    return { kind: 'reported' };
  });
}

/** The job is over for the company; what becomes of the order, it asks the check office. */
export function endJob(tx: EntityManager, job: Job, now: Date): void {
  job.endedAt = now;
  addCall(tx, { orderId: job.orderId, key: 'look_up', operation: 'look_up', body: {} }, now);
}

/** Leaves a call for the check office: it is made once the transaction is on record. */
export function addCall(
  tx: EntityManager,
  call: Pick<Call, 'orderId' | 'key' | 'operation' | 'body'>,
  now: Date,
  dueAt = now,
): void {
  tx.create(Call, { ...call, createdAt: now, dueAt });
}

function bodyOf({ report, receivedBy, note }: DriverReport, now: Date): Readonly<Record<string, string>> {
  return {
    kind: report,
    occurredAt: now.toISOString(),
    ...(report === 'delivered' && receivedBy !== undefined && { receivedBy }),
    ...(note !== undefined && { note }),
  };
}
