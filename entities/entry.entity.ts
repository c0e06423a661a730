import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/**
 * One side of a transfer on one account: append-only, written by the ledger's trigger alone.
 * The trigger has just read transfer and account, and neither is ever deleted: foreign keys would only read them again.
 * `amount` is signed (+ raises the balance); `heldAmount` is the change of the held sum.
 */
export const Entry = defineEntity({
  name: 'Entry',
  tableName: 'entries',
  indexes: [
    { name: 'entries_account_index', properties: ['accountId', 'id'] },
    { name: 'entries_transfer_index', properties: ['transferId'] },
  ],
  properties: {
    id: p.bigint('bigint').primary().autoincrement(),
    transferId: p.bigint('bigint'),
    accountId: p.text(),
    currency: p.character().length(3),
    amount: p.bigint('bigint'),
    heldAmount: p.bigint('bigint'),
    /** `null` where the account was busy: see `LateEntry`. */
    balanceAfter: p.bigint('bigint').nullable(),
    heldAfter: p.bigint('bigint'),
    createdAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
  },
});
export type Entry = InferEntity<typeof Entry>;
