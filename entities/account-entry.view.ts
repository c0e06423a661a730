import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { TRANSFER_KINDS } from '../domain/ledger.ts';
import { currency } from './types.ts';

/** An entry with its transfer. A late entry shows the balance that it was or will be counted to. Sums in minor units. */
export const AccountEntry = defineEntity({
  name: 'AccountEntry',
  tableName: 'account_entries',
  view: true,
  expression: `
    select e.id, e.transfer_id, e.account_id, t.kind, e.currency, e.amount, e.held_amount, e.held_after,
      coalesce(e.balance_after, late.balance_after, (a.balance::numeric + (select sum(earlier.amount) from late_entries earlier
        where earlier.account_id = e.account_id and earlier.balance_after is null and earlier.entry_id <= e.id))::bigint) as balance_after,
      t.order_id, t.check_number, t.reason, e.created_at
    from entries e
      join transfers t on t.id = e.transfer_id
      join accounts a on a.id = e.account_id
      left join late_entries late on late.entry_id = e.id`,
  properties: {
    id: p.bigint('bigint').primary(),
    transferId: p.bigint('bigint'),
    accountId: p.text(),
    kind: p.enum(TRANSFER_KINDS),
    currency: currency(),
    /** Signed: + raises the balance. */
    amount: p.bigint('bigint'),
    /** The change of the held sum. */
    heldAmount: p.bigint('bigint'),
    heldAfter: p.bigint('bigint'),
    balanceAfter: p.bigint('bigint'),
    orderId: p.text().nullable(),
    checkNumber: p.text().nullable(),
    reason: p.text().nullable(),
    createdAt: p.datetime().columnType('timestamptz'),
  },
});
export type AccountEntry = InferEntity<typeof AccountEntry>;
