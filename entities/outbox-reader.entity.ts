import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** How far a durable reader of the outbox has come. Its row’s lock is what makes it one reader at a time. */
export const OutboxReader = defineEntity({
  name: 'OutboxReader',
  tableName: 'outbox_readers',
  properties: {
    name: p.text().primary(),
    transactionId: p.bigint('string').columnType('xid8'),
    eventId: p.bigint('bigint'),
  },
});
export type OutboxReader = InferEntity<typeof OutboxReader>;
