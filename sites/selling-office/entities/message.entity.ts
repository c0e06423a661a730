import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** A message of the office and the receipt that the shop has signed for it: evidence, kept as it was sent. */
export const Message = defineEntity({
  name: 'Message',
  tableName: 'messages',
  properties: {
    /** SHA-256 of the message, base64url: a message that the office signs anew has another one. */
    digest: p.text().primary(),
    messageId: p.text(),
    orderId: p.text(),
    kind: p.text(),
    message: p.text(),
    receipt: p.text(),
    receiptedAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
  },
});
export type Message = InferEntity<typeof Message>;
