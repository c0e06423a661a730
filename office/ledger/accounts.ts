import type { EntityManager } from '@mikro-orm/postgresql';
import { LedgerRefusal, officeAccountId } from '../../domain/ledger.ts';
import { moneyFromJson, type Currency, type MoneyJson } from '../../domain/money.ts';
import type { Agent } from '../../domain/party.ts';
import type { Orm } from '../../platform/orm.ts';
import {
  ACCOUNT_COLUMNS,
  toAccountView,
  type AccountRow,
  type AccountStatus,
  type AccountView,
} from './account-view.ts';
import { asLedgerRefusal } from './refusals.ts';
import { postTransfer } from './holds.ts';
import { done, refused, type Outcome } from '../outcome.ts';
import { inTransaction } from '../transaction.ts';

export type { AccountView } from './account-view.ts';

/** Every business no of the account operations. */
export type AccountRefusalCode =
  | 'account-not-found'
  | 'account-exists'
  | 'account-not-empty'
  | 'account-closed'
  | 'credit-limit-in-use'
  | 'currency-mismatch'
  | 'amount-out-of-range'
  | 'idempotency-key-reused';

export interface AccountPatch {
  readonly status?: AccountStatus;
  readonly creditLimit?: MoneyJson;
}

type AccountOutcome = Outcome<AccountView, AccountRefusalCode>;

/** The account of a party; `undefined` when it has none. */
export async function readAccount(orm: Orm, accountId: string): Promise<AccountView | undefined> {
  const row = await selectAccount(orm.em.fork(), accountId);
  return row && toAccountView(row);
}

/** Opens the account of a party, whose id it carries. Repeated with the same terms it answers the account as it is. */
export async function openAccount(
  orm: Orm,
  account: { id: string; kind: 'buyer' | 'seller'; currency: Currency; creditLimit?: MoneyJson; agent?: Agent },
): Promise<AccountOutcome> {
  const { id, kind, currency, creditLimit, agent = 'auto' } = account;
  if (creditLimit && creditLimit.currency !== currency) return currencyMismatch(id, currency);
  const limitMinor = creditLimit ? moneyFromJson(creditLimit).amountMinor : 0n;
  const em = orm.em.fork();
  const inserted = await em.execute<AccountRow[]>(
    `insert into accounts (id, kind, currency, credit_limit, agent) values (?, ?, ?, ?, ?)
     on conflict (id) do nothing returning ${ACCOUNT_COLUMNS}`,
    [id, kind, currency, limitMinor, agent],
  );
  if (inserted[0]) return done(toAccountView(inserted[0]));
  const [same] = await em.execute<AccountRow[]>(
    `select ${ACCOUNT_COLUMNS} from accounts where id = ? and kind = ? and currency = ? and credit_limit = ? and agent = ?`,
    [id, kind, currency, limitMinor, agent],
  );
  return same ? done(toAccountView(same)) : refused('account-exists', `account ${id} exists with other terms`);
}

/**
 * Freezes, reopens or closes an account, or sets its credit line. Closing needs zero balance, no hold, and for a seller no
 * open check that is still to be paid.
 */
export async function patchAccount(orm: Orm, accountId: string, patch: AccountPatch): Promise<AccountOutcome> {
  try {
    return await inTransaction(orm, (tx) => patchWithin(tx, accountId, patch));
  } catch (error) {
    const refusal = asLedgerRefusal(error);
    if (!(refusal instanceof LedgerRefusal)) throw error;
    if (refusal.code === 'account_not_open') return refused('account-not-empty', refusal.message);
    return refused('amount-out-of-range', `account ${accountId} cannot have this credit line`);
  }
}

async function patchWithin(tx: EntityManager, accountId: string, patch: AccountPatch): Promise<AccountOutcome> {
  const row = await selectAccount(tx, accountId, 'for update');
  if (!row) return notFound(accountId);
  const no = refusalOf(row, patch);
  if (no) return no;
  const [patched] = await tx.execute<AccountRow[]>(
    `update accounts set status = coalesce(?::text, status), credit_limit = coalesce(?::bigint, credit_limit),
       version = version + 1, updated_at = now() where id = ? returning ${ACCOUNT_COLUMNS}`,
    [patch.status ?? null, patch.creditLimit ? moneyFromJson(patch.creditLimit).amountMinor : null, accountId],
  );
  return patched ? done(toAccountView(patched)) : notFound(accountId);
}

function refusalOf(row: AccountRow, { status, creditLimit }: AccountPatch) {
  if (creditLimit && creditLimit.currency !== row.currency) return currencyMismatch(row.id, row.currency);
  const inUse = BigInt(row.held) - BigInt(row.balance);
  if (creditLimit && moneyFromJson(creditLimit).amountMinor < inUse) {
    return refused('credit-limit-in-use', `account ${row.id} uses ${inUse} minor units of its credit line`);
  }
  if (status === 'closed' && (BigInt(row.balance) !== 0n || BigInt(row.held) !== 0n)) {
    return refused('account-not-empty', `account ${row.id} still has a balance or a hold: settle them first`);
  }
  return undefined;
}

/** Pays money in from the outside world. The key is the caller's Idempotency-Key, unique within the account permanently. */
export async function deposit(
  orm: Orm,
  request: { accountId: string; amount: MoneyJson; key: string },
): Promise<Outcome<AccountView & { readonly replayed: boolean }, AccountRefusalCode>> {
  const { accountId, amount, key } = request;
  const { amountMinor, currency } = moneyFromJson(amount);
  try {
    return await inTransaction(orm, async (tx) => {
      const account = await selectAccount(tx, accountId);
      if (!account) return notFound(accountId);
      if (account.currency !== currency) return currencyMismatch(accountId, account.currency);
      const posted = await postTransfer(tx, {
        key: `deposit:${accountId}:${key}`,
        kind: 'deposit',
        debitAccountId: officeAccountId('world', currency),
        creditAccountId: accountId,
        amountMinor,
        currency,
      });
      const after = await selectAccount(tx, accountId);
      return after ? done({ ...toAccountView(after), replayed: posted.replayed }) : notFound(accountId);
    });
  } catch (error) {
    return depositRefusal(error, accountId);
  }
}

function depositRefusal(error: unknown, accountId: string) {
  const refusal = asLedgerRefusal(error);
  if (!(refusal instanceof LedgerRefusal)) throw error;
  if (refusal.code === 'key_reused') {
    return refused('idempotency-key-reused', 'this Idempotency-Key was used for another deposit: use a new one');
  }
  if (refusal.code === 'account_not_open') {
    return refused('account-closed', `account ${accountId} is closed: reopen it first`);
  }
  return refused('amount-out-of-range', `account ${accountId} cannot take this amount`);
}

async function selectAccount(em: EntityManager, accountId: string, lock = ''): Promise<AccountRow | undefined> {
  const sql = `select ${ACCOUNT_COLUMNS} from accounts where id = ? and kind in ('buyer', 'seller') ${lock}`;
  const [row] = await em.execute<AccountRow[]>(sql, [accountId]);
  return row;
}

function notFound(accountId: string) {
  return refused('account-not-found', `there is no account ${accountId}`);
}

function currencyMismatch(accountId: string, currency: string) {
  return refused('currency-mismatch', `account ${accountId} is kept in ${currency}`);
}
