import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { Entry } from './entry.entity.ts';

/**
 * An entry whose account was busy when it was written, so that its amount is not in the account's stored balance yet.
 * Whoever has the account next counts it and sets `balanceAfter`, once. Written by the ledger's trigger alone.
 */
export const LateEntry = defineEntity({
  name: 'LateEntry',
  tableName: 'late_entries',
  indexes: [
    {
      name: 'late_entries_uncounted_index',
      expression: `create index "late_entries_uncounted_index" on "late_entries" ("account_id", "entry_id") where balance_after is null`,
    },
  ],
  properties: {
    entryId: () =>
      p.oneToOne(Entry).mapToPk().primary().fieldName('entry_id').deleteRule('restrict').updateRule('restrict'),
    accountId: p.text(),
    amount: p.bigint('bigint'),
    balanceAfter: p.bigint('bigint').nullable(),
  },
});
export type LateEntry = InferEntity<typeof LateEntry>;
