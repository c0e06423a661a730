import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { TRANSFER_KINDS } from '../domain/ledger.ts';
import { Account } from './account.entity.ts';
import { currency } from './types.ts';

/**
 * One movement of money, or one hold or its resolution: written once, never changed. Its `key` is permanently unique.
 * Inserting the row IS the movement: a trigger locks the accounts, checks the rules and writes balances and entries.
 */
export const Transfer = defineEntity({
  name: 'Transfer',
  tableName: 'transfers',
  checks: [
    { name: 'transfers_amount_positive', expression: 'amount > 0' },
    { name: 'transfers_between_two_accounts', expression: 'debit_account_id <> credit_account_id' },
    {
      name: 'transfers_name_their_hold',
      expression: `(kind in ('capture', 'void', 'expire')) = (hold_id is not null)`,
    },
    {
      name: 'transfers_name_their_order',
      expression: `(kind in ('deposit', 'withdrawal', 'payout')) = (order_id is null)`,
    },
    { name: 'transfers_payouts_name_their_reference', expression: `kind <> 'payout' or reason is not null` },
    {
      name: 'transfers_fee_within_amount',
      expression: `fee_amount >= 0 and fee_amount <= amount and (fee_amount = 0 or kind in ('capture', 'refund'))`,
    },
    { name: 'transfers_holds_name_their_check', expression: `kind <> 'hold' or check_number is not null` },
  ],
  uniques: [{ name: 'transfers_key_unique', properties: ['key'] }],
  indexes: [
    { name: 'transfers_order_index', properties: ['orderId'] },
    {
      name: 'transfers_hold_resolved_once',
      expression: `create unique index "transfers_hold_resolved_once" on "transfers" ("hold_id") where kind in ('capture', 'void', 'expire')`,
    },
  ],
  properties: {
    id: p.bigint('bigint').primary().autoincrement(),
    key: p.text(),
    kind: p.enum(TRANSFER_KINDS),
    debitAccountId: () =>
      p.manyToOne(Account).mapToPk().fieldName('debit_account_id').deleteRule('restrict').updateRule('restrict'),
    creditAccountId: () =>
      p.manyToOne(Account).mapToPk().fieldName('credit_account_id').deleteRule('restrict').updateRule('restrict'),
    amount: p.bigint('bigint'),
    /** The office's part of what the buyer paid (a capture) or gets back (a refund); the rest is the seller's. */
    feeAmount: p.bigint('bigint').default('0'),
    currency: currency(),
    /** The hold that a capture, void or expire resolves. */
    holdId: p.bigint('bigint').nullable(),
    orderId: p.text().nullable(),
    checkNumber: p.text().nullable(),
    reason: p.text().nullable(),
    createdAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
  },
});
export type Transfer = InferEntity<typeof Transfer>;
