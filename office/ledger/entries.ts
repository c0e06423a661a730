import type { TransferKind } from '../../domain/ledger.ts';
import { moneyToJson, type MoneyJson } from '../../domain/money.ts';
import { AccountEntry } from '../../entities/account-entry.view.ts';
import type { Orm } from '../../platform/orm.ts';

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
  /** Read on before this entry; absent on the last page. */
  readonly next?: { readonly id: string };
}

/** Lists an account's entries for its owner, newest first, by keyset: an old page costs what the first one costs. */
export async function listEntries(
  orm: Orm,
  accountId: string,
  page: { readonly limit: number; readonly before?: { readonly id: string } },
): Promise<EntryPage> {
  const entries = await orm.em
    .fork()
    .find(
      AccountEntry,
      { accountId, ...(page.before && { id: { $lt: BigInt(page.before.id) } }) },
      { orderBy: { id: 'desc' }, limit: page.limit + 1 },
    );
  const data = entries.slice(0, page.limit).map((entry) => withoutOfficeWords(toEntryView(entry)));
  const last = data.at(-1);
  return { data, ...(entries.length > page.limit && last && { next: { id: last.id } }) };
}

/**
 * An entry as parties read it. Why an order's money moved its timeline says, to whom the words are for: here they may be an
 * operator's.
 */
export function withoutOfficeWords(entry: EntryView): EntryView {
  return entry.orderId === null ? entry : { ...entry, reason: null };
}

/** Shows an entry with its account's sums before and after it. */
export function toEntryView(entry: AccountEntry): EntryView {
  const { amount, heldAmount, balanceAfter, heldAfter, currency } = entry;
  const money = (amountMinor: bigint) => moneyToJson({ amountMinor, currency });
  return {
    id: String(entry.id),
    transferId: String(entry.transferId),
    accountId: entry.accountId,
    kind: entry.kind,
    amount: money(amount),
    held: money(heldAmount),
    balanceBefore: money(balanceAfter - amount),
    balanceAfter: money(balanceAfter),
    heldBefore: money(heldAfter - heldAmount),
    heldAfter: money(heldAfter),
    orderId: entry.orderId ?? null,
    checkNumber: entry.checkNumber ?? null,
    reason: entry.reason ?? null,
    createdAt: entry.createdAt.toISOString(),
  };
}
