import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import { Errand, type ErrandKind } from '../entities/errand.entity.ts';

/** Notes that something is to be said to the office, now. What is noted already has something new to say. */
export async function addErrand(tx: EntityManager, kind: ErrandKind, subject: string, now: Date): Promise<void> {
  await tx.upsert(Errand, { kind, subject }, { onConflictAction: 'ignore' });
  const errand = await tx.findOneOrFail(Errand, { kind, subject }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  errand.version += 1;
  errand.attempts = 0;
  errand.dueAt = now;
  errand.doneAt = null;
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
