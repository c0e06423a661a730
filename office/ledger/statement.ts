import { IsolationLevel, type EntityManager } from '@mikro-orm/postgresql';
import type { TransferKind } from '../../domain/ledger.ts';
import { moneyToJson, type Currency, type MoneyJson } from '../../domain/money.ts';
import type { AccountHolder } from '../../domain/party.ts';
import { AccountEntry } from '../../entities/account-entry.view.ts';
import { kyselyOf } from '../../entities/database.ts';
import type { Orm } from '../../platform/orm.ts';
import { inTransaction } from '../transaction.ts';
import { findBalance } from './accounts.ts';

/** Which bookings a statement shows: those of `from` and later, before `to`. RFC 3339. */
export interface StatementPeriod {
  /** Absent: from the first one on. */
  readonly from?: string;
  readonly to: string;
}

/** One movement of an account's balance. A hold moves none, so it is no booking. */
export interface Booking {
  readonly id: string;
  /** RFC 3339. */
  readonly time: string;
  readonly kind: TransferKind;
  /**
   * A payout's reference. Why an order's money moved its timeline says, to whom the words are for: a statement goes from hand to
   * hand, and here they may be an operator's.
   */
  readonly reference: string | null;
  readonly orderId: string | null;
  readonly checkNumber: string | null;
  /** Signed: + raises the balance. */
  readonly amount: MoneyJson;
  readonly balanceAfter: MoneyJson;
}

/** An account's bookings of a period, oldest first: the opening balance and all their amounts make the closing balance. */
export interface Statement {
  readonly accountId: string;
  readonly currency: Currency;
  readonly from: string | null;
  readonly to: string;
  readonly openingBalance: MoneyJson;
  readonly closingBalance: MoneyJson;
  readonly data: readonly Booking[];
  /** Read on behind this booking; absent on the last page. */
  readonly next?: { readonly id: string };
}

export interface StatementQuery extends StatementPeriod {
  readonly accountId: string;
  /** Whose account it must be; absent for an operator. */
  readonly holder?: AccountHolder;
  readonly limit: number;
  readonly after?: { readonly id: string };
}

const BOOKED = ['id', 'createdAt', 'kind', 'currency', 'amount', 'reason', 'orderId', 'checkNumber'] as const;
type Booked = Pick<AccountEntry, (typeof BOOKED)[number]>;

/** One snapshot for sums and bookings, so that they agree to the last minor unit whatever is booked meanwhile. */
const SNAPSHOT = { isolationLevel: IsolationLevel.REPEATABLE_READ, readOnly: true } as const;

/**
 * Reads a page of an account's statement; `undefined` when there is no such account. Bookings stand in the order in which the
 * ledger wrote them, which is the order in which each found the balance that the one before it had left.
 */
export function readStatement(orm: Orm, query: StatementQuery): Promise<Statement | undefined> {
  return inTransaction(orm, (tx) => readWithin(tx, query), SNAPSHOT);
}

/**
 * Reads the first page. A statement of several pages ends before the beginning of every transaction that is still open, as its `to`
 * then says: what is booked while somebody reads on belongs to the next statement, and the pages make the closing balance.
 */
export async function openStatement(orm: Orm, query: StatementQuery): Promise<Statement | undefined> {
  const page = await readStatement(orm, query);
  if (!page?.next) return page;
  // Asked before the snapshot of what follows: whoever began earlier is in it, whoever begins later books a later time.
  const settled = await settledMoment(orm);
  const [, to = query.to] = [query.from ?? '', query.to < settled ? query.to : settled].toSorted();
  return readStatement(orm, { ...query, to });
}

/**
 * The moment before which nothing is booked any more. A booking has the time at which its transaction began. Raw SQL: the server's
 * own view of which clients are in a transaction. Its own servants, such as autovacuum, book nothing; a session that only begins
 * has a transaction, too, and as yet no state. Whoever has written nothing for long is a reader, such as a comparison of the books.
 */
async function settledMoment(orm: Orm): Promise<string> {
  const [row] = await orm.em.fork().execute<{ settled: Date | string }[]>(
    `select least(clock_timestamp(), min(xact_start)) as settled from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
       and state in ('active', 'idle in transaction')
       and (backend_xid is not null or xact_start > clock_timestamp() - interval '1 minute')`,
  );
  return new Date(row?.settled ?? 0).toISOString();
}

/** All pages of a statement, one after the other: no connection is held while a reader takes its time. */
export async function* statementPages(orm: Orm, first: Statement, query: StatementQuery): AsyncGenerator<Statement> {
  let page: Statement | undefined = first;
  while (page) {
    yield page;
    page = page.next && (await readStatement(orm, { ...query, to: first.to, after: page.next }));
  }
}

async function readWithin(tx: EntityManager, query: StatementQuery): Promise<Statement | undefined> {
  const { accountId, from, to, limit, after } = query;
  const account = await findBalance(tx, accountId, query.holder);
  if (!account) return undefined;
  const sums = await sumsOf(tx, query);
  // Backwards from what the account has now: a statement costs what was booked since it begins, not the account's whole life.
  const closing = account.balance - sums.later;
  const period = { $lt: new Date(to), ...(from !== undefined && { $gte: new Date(from) }) };
  const found = await tx.find(
    AccountEntry,
    { accountId, amount: { $ne: 0n }, createdAt: period, ...(after && { id: { $gt: BigInt(after.id) } }) },
    { fields: BOOKED, orderBy: { id: 'asc' }, limit: limit + 1 },
  );
  const { currency } = account;
  const data = bookingsOf(found.slice(0, limit), closing - sums.rest);
  const last = data.at(-1);
  return {
    accountId,
    currency,
    from: from ?? null,
    to,
    openingBalance: moneyToJson({ amountMinor: closing - sums.period, currency }),
    closingBalance: moneyToJson({ amountMinor: closing, currency }),
    data,
    ...(found.length > limit && last && { next: { id: last.id } }),
  };
}

interface Sums {
  /** Of the whole period, of its part behind the page's beginning, and of what came after the period: minor units. */
  readonly period: bigint;
  readonly rest: bigint;
  readonly later: bigint;
}

async function sumsOf(tx: EntityManager, { accountId, from, to, after }: StatementQuery): Promise<Sums> {
  const end = new Date(to);
  const begun = kyselyOf(tx)
    .selectFrom('Entry')
    .where('accountId', '=', accountId)
    .$if(from !== undefined, (entries) => entries.where('createdAt', '>=', new Date(from ?? 0)));
  const { period, rest, later } = await begun
    .select(({ fn }) => [
      fn.sum('amount').filterWhere('createdAt', '<', end).as('period'),
      fn
        .sum('amount')
        .filterWhere('createdAt', '<', end)
        .filterWhere('id', '>', BigInt(after?.id ?? 0))
        .as('rest'),
      fn.sum('amount').filterWhere('createdAt', '>=', end).as('later'),
    ])
    .executeTakeFirstOrThrow();
  return { period: minor(period), rest: minor(rest), later: minor(later) };
}

function bookingsOf(entries: readonly Booked[], before: bigint): Booking[] {
  let balance = before;
  return entries.map(({ id, createdAt, kind, currency, amount, ...entry }) => {
    balance += amount;
    return {
      id: String(id),
      time: createdAt.toISOString(),
      kind,
      reference: entry.orderId == null ? (entry.reason ?? null) : null,
      orderId: entry.orderId ?? null,
      checkNumber: entry.checkNumber ?? null,
      amount: moneyToJson({ amountMinor: amount, currency }),
      balanceAfter: moneyToJson({ amountMinor: balance, currency }),
    };
  });
}

/** A sum of none is null. */
function minor(sum: string | number | bigint | null): bigint {
  return BigInt(sum ?? 0);
}
