import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** A message of the check office, by its id, and what was answered: whatever comes again has the same answer. */
export const Message = defineEntity({
  name: 'Message',
  tableName: 'messages',
  properties: {
    id: p.text().primary(),
    orderId: p.text(),
    kind: p.text(),
    sender: p.text(),
    /** The message as it came. Holds the address: gone with the job's. */
    jws: p.text().nullable(),
    verdict: p.text(),
    body: p.json<Readonly<Record<string, string>>>().nullable(),
    receivedAt: p.datetime().columnType('timestamptz'),
    /** How often it came. */
    times: p.integer().default(1),
  },
});
export type Message = InferEntity<typeof Message>;
