import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { ACCOUNT_KINDS } from '../domain/ledger.ts';
import { ACCOUNT_STATUSES } from '../domain/party.ts';
import { currency } from './types.ts';

/**
 * An account with what it has: the stored balance and the entries that are written but not counted into it yet.
 * `available` is balance + credit line - holds. Sums in minor units.
 */
export const AccountBalance = defineEntity({
  name: 'AccountBalance',
  tableName: 'account_balances',
  view: true,
  expression: `
    select a.id, a.kind, a.currency, a.status, a.held, a.credit_limit, a.balance + l.late as balance,
      a.balance + l.late + a.credit_limit - a.held as available
    from accounts a
      cross join lateral (select coalesce(sum(late_entries.amount), 0)::bigint as late from late_entries
        where late_entries.account_id = a.id and late_entries.balance_after is null) l`,
  properties: {
    id: p.text().primary(),
    kind: p.enum(ACCOUNT_KINDS),
    currency: currency(),
    status: p.enum(ACCOUNT_STATUSES),
    held: p.bigint('bigint'),
    creditLimit: p.bigint('bigint'),
    balance: p.bigint('bigint'),
    available: p.bigint('bigint'),
  },
});
export type AccountBalance = InferEntity<typeof AccountBalance>;
