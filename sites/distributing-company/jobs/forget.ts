import type { Orm } from '../database.ts';
import { Call } from '../entities/call.entity.ts';
import { Job } from '../entities/job.entity.ts';
import { Message } from '../entities/message.entity.ts';

const KEPT_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;
const MOST_AT_ONCE = 500;

/**
 * Forgets whom it delivered to, 30 days after the end: address, receiver, and the messages that hold them. Jobs, answers and
 * receipts stay; a receipt still proves what was signed for, by the message's digest. Returns how many jobs it forgot.
 */
export async function forgetReceivers(orm: Orm, now: Date): Promise<number> {
  const before = new Date(now.getTime() - KEPT_DAYS * DAY_MS);
  const em = orm.em.fork();
  const jobs = await em.find(Job, { endedAt: { $lt: before }, deliverTo: { $ne: null } }, { limit: MOST_AT_ONCE });
  const orderId = jobs.map((job) => job.orderId);
  await em.transactional(async (tx) => {
    for (const job of jobs) job.deliverTo = null;
    await tx.nativeUpdate(Message, { orderId }, { jws: null });
    const calls = await tx.find(Call, { orderId, operation: 'report', answeredAt: { $ne: null } });
    for (const call of calls) call.body = { kind: call.body['kind'] ?? '', occurredAt: call.body['occurredAt'] ?? '' };
  });
  return jobs.length;
}
