import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import { Errand, type ErrandKind } from '../entities/errand.entity.ts';
import type { Order } from '../entities/order.entity.ts';

/** Notes that something is to be said to the office, now. What is noted already has something new to say. */
export async function addErrand(tx: EntityManager, kind: ErrandKind, subject: string, now: Date): Promise<void> {
  await tx.upsert(Errand, { kind, subject }, { onConflictAction: 'ignore' });
  const errand = await tx.findOneOrFail(Errand, { kind, subject }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  errand.version += 1;
  errand.attempts = 0;
  errand.dueAt = now;
  errand.doneAt = null;
}

/** The payment of a promised order is to be demanded: once, whatever comes how often. */
export async function noteDemand(tx: EntityManager, order: Order, now: Date): Promise<void> {
  if (order.decision === 'promised' && !order.paidAt && !order.endedAt && !order.demandedAt)
    await addErrand(tx, 'demand', order.id, now);
}

/** Nothing is to be said any more. */
export async function closeErrand(
  tx: EntityManager,
  kind: ErrandKind,
  subject: string,
  { now, note }: { now: Date; note: string },
): Promise<void> {
  const errand = await tx.findOne(Errand, { kind, subject }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (!errand || errand.doneAt) return;
  errand.version += 1;
  errand.dueAt = null;
  errand.doneAt = now;
  errand.note = note;
}
