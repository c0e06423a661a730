import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** How far a durable reader of the outbox has come. Its row's lock is what makes it one reader at a time. */
export const OutboxReader = defineEntity({
  name: 'OutboxReader',
  tableName: 'outbox_readers',
  properties: {
    name: p.text().primary(),
    /** The id of the last event that it has read, or of an earlier one: it may read again, never skip. */
    place: p.bigint('bigint'),
    /** Of the former order, for processes of the former release only. */
    transactionId: p.bigint('string').columnType('xid8'),
    eventId: p.bigint('bigint'),
  },
});
export type OutboxReader = InferEntity<typeof OutboxReader>;
