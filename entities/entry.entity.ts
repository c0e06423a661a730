import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { Account } from './account.entity.ts';
import { Transfer } from './transfer.entity.ts';
import { currency } from './types.ts';

/**
 * One side of a transfer on one account: append-only, written by the ledger's trigger alone.
 * `amount` is signed (+ raises the balance); `heldAmount` is the change of the held sum.
 */
export const Entry = defineEntity({
  name: 'Entry',
  tableName: 'entries',
  indexes: [
    { name: 'entries_account_index', properties: ['accountId', 'id'] },
    { name: 'entries_transfer_index', properties: ['transferId'] },
    // Entries lie on disk in the order of their times: a block range index finds those of a statement's period at next to no cost.
    {
      name: 'entries_time_index',
      expression: `create index "entries_time_index" on "entries" using brin ("created_at")`,
    },
  ],
  properties: {
    id: p.bigint('bigint').primary().autoincrement(),
    transferId: () =>
      p.manyToOne(Transfer).mapToPk().fieldName('transfer_id').deleteRule('restrict').updateRule('restrict'),
    accountId: () =>
      p.manyToOne(Account).mapToPk().fieldName('account_id').deleteRule('restrict').updateRule('restrict'),
    currency: currency(),
    amount: p.bigint('bigint'),
    heldAmount: p.bigint('bigint'),
    /** `null` where the account was busy: see `LateEntry`. */
    balanceAfter: p.bigint('bigint').nullable(),
    heldAfter: p.bigint('bigint'),
    createdAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
  },
});
export type Entry = InferEntity<typeof Entry>;
