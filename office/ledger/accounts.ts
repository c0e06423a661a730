import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import { officeAccountId, type LedgerRefusalCode } from '../../domain/ledger.ts';
import { moneyFromJson, moneyToJson, type Currency, type MoneyJson } from '../../domain/money.ts';
import { ACCOUNT_HOLDERS, type AccountHolder, type AccountStatus, type BuyerAgent } from '../../domain/party.ts';
import { AccountBalance } from '../../entities/account-balance.view.ts';
import { Account } from '../../entities/account.entity.ts';
import type { Orm } from '../../platform/orm.ts';
import { orRefusal, postTransfer } from './transfers.ts';
import { done, refused, type Outcome } from '../outcome.ts';
import { inTransaction } from '../transaction.ts';

/** An account as the HTTP contract shows it. `available` is balance + creditLimit - held. */
export interface AccountView {
  readonly id: string;
  readonly currency: Currency;
  readonly balance: MoneyJson;
  readonly held: MoneyJson;
  readonly available: MoneyJson;
  readonly creditLimit: MoneyJson;
  readonly status: AccountStatus;
}

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
export async function readAccount(
  orm: Orm,
  accountId: string,
  holder?: AccountHolder,
): Promise<AccountView | undefined> {
  const balance = await findBalance(orm.em.fork(), accountId, holder);
  return balance ? viewOf(balance) : undefined;
}

/** A party's account in the list of all. */
export type ListedAccount = AccountView & { readonly kind: AccountHolder };

export interface AccountFilter {
  readonly kind?: AccountHolder;
  readonly status?: AccountStatus;
  /** Only those behind this id. */
  readonly after?: string;
  readonly limit: number;
}

/** The parties' accounts by id; not the office's own. */
export async function listAccounts(em: EntityManager, filter: AccountFilter): Promise<ListedAccount[]> {
  const { kind = { $in: ACCOUNT_HOLDERS }, status, after, limit } = filter;
  const rows = await em.find(
    AccountBalance,
    { kind, ...(status && { status }), ...(after !== undefined && { id: { $gt: after } }) },
    { orderBy: { id: 'asc' }, limit },
  );
  return rows.flatMap((row) => {
    const holder = ACCOUNT_HOLDERS.find((one) => one === row.kind);
    return holder ? { ...viewOf(row), kind: holder } : [];
  });
}

/** Whether there is an account of that id and kind. */
export async function isAccountOf(em: EntityManager, id: string, kind: AccountHolder): Promise<boolean> {
  return (await em.count(Account, { id, kind })) === 1;
}

/** Opens the account of a party, whose id it carries. Repeated with the same terms it answers the account as it is. */
export async function openAccount(
  orm: Orm,
  wanted: { id: string; kind: AccountHolder; currency: Currency; creditLimit?: MoneyJson; agent?: BuyerAgent },
): Promise<AccountOutcome> {
  const { id, kind, currency, agent = 'auto' } = wanted;
  if (wanted.creditLimit && wanted.creditLimit.currency !== currency) return currencyMismatch(id, currency);
  const creditLimit = wanted.creditLimit ? moneyFromJson(wanted.creditLimit).amountMinor : 0n;
  const em = orm.em.fork();
  // What is there already stays as it is, and is answered as it is.
  const account = await em.upsert(
    Account,
    { id, kind, currency, creditLimit, agent },
    { onConflictFields: ['id'], onConflictAction: 'ignore' },
  );
  const same =
    account.kind === kind &&
    account.currency === currency &&
    account.creditLimit === creditLimit &&
    account.agent === agent;
  return same
    ? done(viewOf(await em.findOneOrFail(AccountBalance, { id })))
    : refused('account-exists', `account ${id} exists with other terms`);
}

/**
 * Freezes, reopens or closes an account, or sets its credit line. Closing needs zero balance, no hold, and for a seller no
 * open check that is still to be paid.
 */
export function patchAccount(orm: Orm, accountId: string, patch: AccountPatch): Promise<AccountOutcome> {
  const transaction: Promise<AccountOutcome> = inTransaction(orm, (tx) => patchWithin(tx, accountId, patch));
  return orRefusal(transaction, ({ code, message }) =>
    code === 'account_not_open'
      ? refused('account-not-empty', message)
      : refused('amount-out-of-range', `account ${accountId} cannot have this credit line`),
  );
}

async function patchWithin(tx: EntityManager, id: string, { status, creditLimit }: AccountPatch) {
  const kind = { $in: ACCOUNT_HOLDERS };
  const account = await tx.findOne(Account, { id, kind }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  // Read under the lock: nothing moves before the change is written.
  const before = account && (await findBalance(tx, id));
  if (!before) return notFound(id);
  const no = refusalOf(before, { status, creditLimit });
  if (no) return no;
  if (status) account.status = status;
  if (creditLimit) account.creditLimit = moneyFromJson(creditLimit).amountMinor;
  await tx.flush();
  return done(viewOf(await tx.refreshOrFail(before)));
}

function refusalOf({ id, currency, balance, held }: AccountBalance, { status, creditLimit }: AccountPatch) {
  if (creditLimit && creditLimit.currency !== currency) return currencyMismatch(id, currency);
  const inUse = held - balance;
  if (creditLimit && moneyFromJson(creditLimit).amountMinor < inUse) {
    return refused('credit-limit-in-use', `account ${id} uses ${inUse} minor units of its credit line`);
  }
  if (status === 'closed' && (balance !== 0n || held !== 0n)) {
    return refused('account-not-empty', `account ${id} still has a balance or a hold: settle them first`);
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
  const transaction = inTransaction(orm, async (tx) => {
    const account = await findBalance(tx, accountId);
    if (!account) return notFound(accountId);
    if (account.currency !== currency) return currencyMismatch(accountId, account.currency);
    const { replayed } = await postTransfer(tx, {
      key: `deposit:${accountId}:${key}`,
      kind: 'deposit',
      debitAccountId: officeAccountId('world', currency),
      creditAccountId: accountId,
      amountMinor,
      currency,
    });
    return done({ ...viewOf(await tx.refreshOrFail(account)), replayed });
  });
  return orRefusal(transaction, ({ code }) => depositRefusal(code, accountId));
}

function depositRefusal(code: LedgerRefusalCode, accountId: string) {
  if (code === 'key_reused') {
    return refused('idempotency-key-reused', 'this Idempotency-Key was used for another deposit: use a new one');
  }
  if (code === 'account_not_open') {
    return refused('account-closed', `account ${accountId} is closed: reopen it first`);
  }
  return refused('amount-out-of-range', `account ${accountId} cannot take this amount`);
}

/** A party's account with what it has; `null` when there is none, or it is another kind of party's than `holder`. */
export function findBalance(em: EntityManager, id: string, holder?: AccountHolder): Promise<AccountBalance | null> {
  return em.findOne(AccountBalance, { id, kind: holder ?? { $in: ACCOUNT_HOLDERS } });
}

function viewOf({ id, currency, status, ...sums }: AccountBalance): AccountView {
  const money = (amountMinor: bigint): MoneyJson => moneyToJson({ amountMinor, currency });
  return {
    id,
    currency,
    balance: money(sums.balance),
    held: money(sums.held),
    available: money(sums.available),
    creditLimit: money(sums.creditLimit),
    status,
  };
}

function notFound(accountId: string) {
  return refused('account-not-found', `there is no account ${accountId}`);
}

function currencyMismatch(accountId: string, currency: string) {
  return refused('currency-mismatch', `account ${accountId} is kept in ${currency}`);
}
