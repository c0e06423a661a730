import type { EntityManager } from '@mikro-orm/postgresql';
import { officeAccountId, type LedgerRefusalCode } from '../../domain/ledger.ts';
import { moneyFromJson, type MoneyJson } from '../../domain/money.ts';
import type { AccountHolder } from '../../domain/party.ts';
import { Transfer } from '../../entities/transfer.entity.ts';
import type { Orm } from '../../platform/orm.ts';
import { done, refused, type Outcome } from '../outcome.ts';
import { inTransaction } from '../transaction.ts';
import { findBalance } from './accounts.ts';
import { orRefusal, postTransfer } from './transfers.ts';

/** Money that a party takes out of its account, to its bank. */
export interface Payout {
  readonly id: string;
  readonly accountId: string;
  readonly amount: MoneyJson;
  /** What the party's bank shows with it. */
  readonly reference: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** The same request had been made before: nothing moved now. */
  readonly replayed: boolean;
}

/** Every business no of a payout. */
export type PayoutRefusalCode =
  | 'account-not-found'
  | 'account-not-open'
  | 'insufficient-funds'
  | 'currency-mismatch'
  | 'idempotency-key-reused';

export interface PayoutRequest {
  readonly accountId: string;
  /** Whose account it must be; absent for an operator, who pays out of either kind. */
  readonly holder?: AccountHolder;
  readonly amount: MoneyJson;
  readonly reference: string;
  /** The caller's Idempotency-Key, unique within the account permanently. */
  readonly key: string;
}

/**
 * Pays out what the account owns and has not promised: never its credit line, and nothing while it is frozen. The ledger judges
 * it under the account's lock, so that any number at once cannot overdraw. The same key with the same request is the same payout.
 */
export async function payOut(orm: Orm, request: PayoutRequest): Promise<Outcome<Payout, PayoutRefusalCode>> {
  const { accountId, holder } = request;
  const account = await findBalance(orm.em.fork(), accountId, holder);
  if (!account) return refused('account-not-found', `there is no account ${accountId}`);
  const transaction = inTransaction(orm, async (tx) => done(await payOutWithin(tx, request)));
  return orRefusal(transaction, ({ code }) => {
    if (code === 'rule' && account.currency !== request.amount.currency)
      return refused('currency-mismatch', `account ${accountId} is kept in ${account.currency}`);
    return refusalOf(code, accountId);
  });
}

async function payOutWithin(tx: EntityManager, request: PayoutRequest): Promise<Payout> {
  const { accountId, amount, reference, key } = request;
  const { amountMinor, currency } = moneyFromJson(amount);
  const { id, replayed } = await postTransfer(tx, {
    key: `payout:${accountId}:${key}`,
    kind: 'payout',
    debitAccountId: accountId,
    creditAccountId: officeAccountId('world', currency),
    amountMinor,
    currency,
    reason: reference,
  });
  const { createdAt } = await tx.findOneOrFail(Transfer, { id }, { fields: ['createdAt'] });
  return { id: String(id), accountId, amount, reference, createdAt: createdAt.toISOString(), replayed };
}

function refusalOf(code: LedgerRefusalCode, accountId: string) {
  switch (code) {
    case 'insufficient_funds':
      return refused(
        'insufficient-funds',
        `account ${accountId} does not have this amount beside what is held on it; a credit line is not paid out`,
      );
    case 'account_not_open':
      return refused('account-not-open', `account ${accountId} is frozen or closed: nothing is paid out`);
    case 'key_reused':
      return refused('idempotency-key-reused', 'this Idempotency-Key was used for another payout: use a new one');
    case 'hold_not_open':
    case 'completion_missing':
    case 'rule':
      return undefined;
  }
}
