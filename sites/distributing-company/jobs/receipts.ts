import { LockMode } from '@mikro-orm/postgresql';
import type { ReceiptStore } from '../../../client/site.ts';
import type { Orm } from '../database.ts';
import { Job } from '../entities/job.entity.ts';
import { Message } from '../entities/message.entity.ts';
import { Receipt } from '../entities/receipt.entity.ts';
import { sayDate } from './fix-date.ts';

/** So long the office has to take up a receipt whose first try was lost. */
const TAKING_UP_MS = 10_000;

/** Keeps every receipt: a message that comes again gets the one that it had. */
export function receiptStore(orm: Orm, clock: () => Date): ReceiptStore {
  return {
    async find(digest) {
      const receipt = await orm.em.fork().findOne(Receipt, { digest });
      if (receipt) await noteRepetition(orm, receipt.messageId, clock());
      return receipt?.jws;
    },
    async keep(digest, { id: messageId }, jws) {
      const em = orm.em.fork();
      await em.upsert(Receipt, { digest, messageId, jws, signedAt: clock() }, { onConflictAction: 'ignore' });
      return (await em.findOneOrFail(Receipt, { digest })).jws;
    },
  };
}

/**
 * The office asks again: the answer was lost on the way, or it could not take the date (it knows other terms than we do). So the
 * date is also said by its API a little later: it is taken there, or refused with the next one that would go.
 */
async function noteRepetition(orm: Orm, id: string, now: Date): Promise<void> {
  await orm.em.fork().transactional(async (tx) => {
    const message = await tx.findOne(Message, id, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (!message) return;
    message.times += 1;
    if (message.times !== 2 || message.kind !== 'instruction' || message.verdict !== 'scheduled') return;
    const job = await tx.findOne(Job, message.orderId);
    if (job?.state === 'planned') await sayDate(tx, job, now, new Date(now.getTime() + TAKING_UP_MS));
  });
}
