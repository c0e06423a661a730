import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { ACCOUNT_KINDS } from '../domain/ledger.ts';
import { ACCOUNT_STATUSES, BUYER_AGENTS } from '../domain/party.ts';
import { createdAt, currency, updatedAt } from './types.ts';

/**
 * An account of the check office's account database (claim 1). The id is the party's id.
 * `balance` and `held` are kept by the ledger's trigger alone; the application's role cannot write them.
 */
export const Account = defineEntity({
  name: 'Account',
  tableName: 'accounts',
  checks: [
    { name: 'accounts_held_not_negative', expression: 'held >= 0' },
    { name: 'accounts_credit_limit_not_negative', expression: 'credit_limit >= 0' },
    {
      name: 'accounts_within_limit',
      expression: `kind = 'world' or balance + credit_limit - held >= 0`,
    },
    // A JSON number carries every sum of a party without loss, as it is and as what is available.
    {
      name: 'accounts_within_json',
      expression: `credit_limit <= 9007199254740991 and (kind = 'world' or balance >= -9007199254740991 and balance + credit_limit <= 9007199254740991)`,
    },
    { name: 'accounts_closed_empty', expression: `status <> 'closed' or balance = 0 and held = 0` },
  ],
  indexes: [
    {
      name: 'accounts_one_office_account',
      expression: `create unique index "accounts_one_office_account" on "accounts" ("kind", "currency") where kind in ('fees', 'clearing', 'world')`,
    },
  ],
  properties: {
    id: p.text().primary(),
    kind: p.enum(ACCOUNT_KINDS),
    currency: currency(),
    balance: p.bigint('bigint').default('0'),
    held: p.bigint('bigint').default('0'),
    creditLimit: p.bigint('bigint').default('0'),
    status: p.enum(ACCOUNT_STATUSES).default('open'),
    /** How the service acts for a buyer: `auto` at once, `manual` waits for the buyer. */
    agent: p.enum(BUYER_AGENTS).default('auto'),
    version: p.integer().default(1).version(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
});
export type Account = InferEntity<typeof Account>;
