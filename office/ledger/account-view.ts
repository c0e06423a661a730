import { isCurrency, moneyToJson, type Currency, type MoneyJson } from '../../domain/money.ts';

export type AccountStatus = 'open' | 'frozen' | 'closed';

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

/** A row of `accounts` as the driver gives it: PostgreSQL's bigint comes as text. */
export interface AccountRow {
  readonly id: string;
  readonly currency: string;
  readonly balance: string;
  readonly held: string;
  readonly credit_limit: string;
  readonly status: AccountStatus;
}

/** The columns of an `AccountRow`. The balance includes entries that are written but not counted into the stored sum yet. */
export const ACCOUNT_COLUMNS = `id, currency, held, credit_limit, status, balance + coalesce((select sum(late.amount)
  from late_entries late where late.account_id = accounts.id and late.balance_after is null), 0)::bigint as balance`;

/** Shows a row. Throws `RangeError` when its currency is unknown to this version. */
export function toAccountView(row: AccountRow): AccountView {
  const currency = knownCurrency(row.currency);
  const [balance, held, creditLimit] = [BigInt(row.balance), BigInt(row.held), BigInt(row.credit_limit)];
  return {
    id: row.id,
    currency,
    balance: moneyToJson({ amountMinor: balance, currency }),
    held: moneyToJson({ amountMinor: held, currency }),
    available: moneyToJson({ amountMinor: balance + creditLimit - held, currency }),
    creditLimit: moneyToJson({ amountMinor: creditLimit, currency }),
    status: row.status,
  };
}

/** A currency as the database stores it. Throws `RangeError` when this version does not know it. */
export function knownCurrency(text: string): Currency {
  if (!isCurrency(text)) throw new RangeError(`unknown currency ${text}`);
  return text;
}
