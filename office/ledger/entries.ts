import type { TransferKind } from '../../domain/ledger.ts';
import { moneyToJson, type MoneyJson } from '../../domain/money.ts';
import type { Orm } from '../../platform/orm.ts';
import { knownCurrency } from './account-view.ts';

/** One entry on one account with its cause. `amount` is signed: + raises the balance; `held` is the change of the held sum. */
export interface EntryView {
  readonly id: string;
  readonly transferId: string;
  readonly accountId: string;
  readonly kind: TransferKind;
  readonly amount: MoneyJson;
  readonly held: MoneyJson;
  readonly balanceBefore: MoneyJson;
  readonly balanceAfter: MoneyJson;
  readonly heldBefore: MoneyJson;
  readonly heldAfter: MoneyJson;
  readonly orderId: string | null;
  readonly checkNumber: string | null;
  readonly reason: string | null;
  /** RFC 3339. */
  readonly createdAt: string;
}

export interface EntryPage {
  readonly data: readonly EntryView[];
  /** Give it back to read on; `null` on the last page. */
  readonly nextCursor: string | null;
}

/** Lists an account's entries, newest first, by keyset: an old page costs what the first one costs. */
export async function listEntries(
  orm: Orm,
  accountId: string,
  page: { limit: number; cursor?: string },
): Promise<EntryPage | 'invalid-cursor'> {
  const before = page.cursor === undefined ? undefined : readCursor(page.cursor);
  if (page.cursor !== undefined && before === undefined) return 'invalid-cursor';
  const rows = await orm.em.fork().execute<EntryRow[]>(
    `${SELECT_ENTRY} where e.account_id = ? and e.id < coalesce(?::bigint, 9223372036854775807)
     order by e.id desc limit ?`,
    [accountId, before ?? null, page.limit + 1],
  );
  const data = rows.slice(0, page.limit).map(toEntryView);
  const last = data.at(-1);
  return { data, nextCursor: rows.length > page.limit && last ? printCursor(last.id) : null };
}

/** A late entry shows the balance that it was or will be counted to. */
export const SELECT_ENTRY = `
  select e.id, e.transfer_id, e.account_id, t.kind, e.currency, e.amount, e.held_amount, e.held_after,
    coalesce(e.balance_after, late.balance_after, a.balance + (select sum(earlier.amount) from late_entries earlier
      where earlier.account_id = e.account_id and earlier.balance_after is null and earlier.entry_id <= e.id))::bigint as balance_after,
    t.order_id, t.check_number, t.reason, e.created_at
  from entries e join transfers t on t.id = e.transfer_id join accounts a on a.id = e.account_id
    left join late_entries late on late.entry_id = e.id`;

export interface EntryRow {
  id: string;
  transfer_id: string;
  account_id: string;
  kind: TransferKind;
  currency: string;
  amount: string;
  held_amount: string;
  balance_after: string;
  held_after: string;
  order_id: string | null;
  check_number: string | null;
  reason: string | null;
  created_at: string | Date;
}

/** Shows an entry with its account's sums before and after it. */
export function toEntryView(row: EntryRow): EntryView {
  const currency = knownCurrency(row.currency);
  const money = (amountMinor: bigint) => moneyToJson({ amountMinor, currency });
  const [amount, held] = [BigInt(row.amount), BigInt(row.held_amount)];
  const [balanceAfter, heldAfter] = [BigInt(row.balance_after), BigInt(row.held_after)];
  return {
    id: row.id,
    transferId: row.transfer_id,
    accountId: row.account_id,
    kind: row.kind,
    amount: money(amount),
    held: money(held),
    balanceBefore: money(balanceAfter - amount),
    balanceAfter: money(balanceAfter),
    heldBefore: money(heldAfter - held),
    heldAfter: money(heldAfter),
    orderId: row.order_id,
    checkNumber: row.check_number,
    reason: row.reason,
    createdAt: new Date(row.created_at).toISOString(),
  };
}

function printCursor(entryId: string): string {
  return Buffer.from(entryId).toString('base64url');
}

function readCursor(cursor: string): string | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  return /^[1-9][0-9]{0,17}$/.test(text) ? text : undefined;
}
