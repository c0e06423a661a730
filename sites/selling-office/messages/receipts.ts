import type { ReceiptStore } from '../../../client/site.ts';
import type { Orm } from '../database.ts';
import { Message } from '../entities/message.entity.ts';

/** Keeps every message and its receipt: a message that comes again gets the receipt that it had. */
export function keepReceipts(orm: Orm): ReceiptStore {
  return {
    async find(digest) {
      return (await orm.em.fork().findOne(Message, { digest }))?.receipt;
    },
    async keep(digest, { id: messageId, orderId, kind, jws: message }, receipt) {
      const em = orm.em.fork();
      await em.upsert(Message, { digest, messageId, orderId, kind, message, receipt }, { onConflictAction: 'ignore' });
      return (await em.findOneOrFail(Message, { digest })).receipt;
    },
  };
}
