import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** What the company signed for, by the digest of the message. */
export const Receipt = defineEntity({
  name: 'Receipt',
  tableName: 'receipts',
  properties: {
    digest: p.text().primary(),
    messageId: p.text(),
    jws: p.text(),
    signedAt: p.datetime().columnType('timestamptz'),
  },
});
export type Receipt = InferEntity<typeof Receipt>;
