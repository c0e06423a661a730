import { moneyToJson, type Currency, type MoneyJson } from '../../domain/money.ts';
import { AccountEntry } from '../../entities/account-entry.view.ts';
import type { Orm } from '../../platform/orm.ts';
import { toEntryView, withoutOfficeWords, type EntryView } from './entries.ts';

/** An entry of the trace. The sums of an account show to its owner and the operator only; to others they are `null`. */
export interface TracedEntry extends Omit<EntryView, 'balanceBefore' | 'balanceAfter' | 'heldBefore' | 'heldAfter'> {
  readonly balanceBefore: MoneyJson | null;
  readonly balanceAfter: MoneyJson | null;
  readonly heldBefore: MoneyJson | null;
  readonly heldAfter: MoneyJson | null;
}

/** What an order did to the accounts, and the proof that no money was made or lost by it. */
export interface MoneyTrace {
  readonly orderId: string;
  /** Oldest first. */
  readonly entries: readonly TracedEntry[];
  /** What the order came to on each account: the signed sum of its entries, and what is still held. */
  readonly accounts: readonly { readonly accountId: string; readonly net: MoneyJson; readonly held: MoneyJson }[];
  readonly proof: {
    /** The sum of all entries' amounts: always zero. */
    readonly sum: MoneyJson | null;
    /** What is still held: zero once the order has ended. */
    readonly held: MoneyJson | null;
    readonly netsToZero: boolean;
  };
}

/**
 * Reads every ledger entry of an order with its cause and the balance before and after it.
 * `viewerId` is the party that asks; absent for an operator, who sees the sums of all accounts.
 */
export async function readMoneyTrace(orm: Orm, orderId: string, viewerId?: string): Promise<MoneyTrace> {
  const entries = await orm.em.fork().find(AccountEntry, { orderId }, { orderBy: { id: 'asc' } });
  const currency = entries[0]?.currency;
  const sum = total(entries.map(({ amount }) => amount));
  const held = total(entries.map(({ heldAmount }) => heldAmount));
  return {
    orderId,
    entries: entries.map((entry) => visibleTo(viewerId, toEntryView(entry))),
    accounts: currency ? sumsByAccount(entries, currency) : [],
    proof: {
      sum: currency ? moneyToJson({ amountMinor: sum, currency }) : null,
      held: currency ? moneyToJson({ amountMinor: held, currency }) : null,
      netsToZero: sum === 0n,
    },
  };
}

function visibleTo(viewerId: string | undefined, entry: EntryView): TracedEntry {
  if (viewerId === undefined) return entry;
  const shown = withoutOfficeWords(entry);
  if (viewerId === entry.accountId) return shown;
  return { ...shown, balanceBefore: null, balanceAfter: null, heldBefore: null, heldAfter: null };
}

function sumsByAccount(entries: readonly AccountEntry[], currency: Currency): MoneyTrace['accounts'] {
  const accountIds = [...new Set(entries.map(({ accountId }) => accountId))];
  return accountIds.map((accountId) => {
    const own = entries.filter((entry) => entry.accountId === accountId);
    const net = total(own.map(({ amount }) => amount));
    const held = total(own.map(({ heldAmount }) => heldAmount));
    return {
      accountId,
      net: moneyToJson({ amountMinor: net, currency }),
      held: moneyToJson({ amountMinor: held, currency }),
    };
  });
}

function total(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}
