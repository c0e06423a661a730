import type { components, Money } from '../../client/index.ts';

type MoneyTrace = components['schemas']['MoneyTrace'];
type Kind = MoneyTrace['entries'][number]['kind'];

/** One transfer of an order: what it did to each account, and to what is held. */
export interface MoneyRow {
  readonly id: string;
  readonly kind: Kind;
  /** RFC 3339. */
  readonly at: string;
  /** By account id; an account that it did not touch is missing. */
  readonly amounts: ReadonlyMap<string, Money>;
  readonly held: Money;
}

/** The entries of a trace by their transfers, the first first. */
export function rowsOf({ entries }: Pick<MoneyTrace, 'entries'>): readonly MoneyRow[] {
  const byTransfer = Map.groupBy(entries, ({ transferId }) => transferId);
  return [...byTransfer.values()].flatMap((own) => {
    const [first] = own;
    if (!first) return [];
    const { transferId: id, kind, createdAt: at, held } = first;
    return {
      id,
      kind,
      at,
      amounts: new Map(own.map(({ accountId, amount }) => [accountId, amount])),
      held: sumOf(
        own.map((entry) => entry.held),
        held.currency,
      ),
    };
  });
}

/** Whether the entries themselves, added up here, come to nothing; the API says so, too (`proof`). */
export function netsToZero({ entries }: Pick<MoneyTrace, 'entries'>): boolean {
  return entries.reduce((sum, { amount }) => sum + amount.amount, 0) === 0;
}

function sumOf(sums: readonly Money[], currency: Money['currency']): Money {
  return { amount: sums.reduce((sum, { amount }) => sum + amount, 0), currency };
}

export const KIND_WORDS: Readonly<Record<Kind, string>> = {
  deposit: 'Deposited',
  withdrawal: 'Withdrawn',
  payout: 'Paid out',
  hold: 'Held for the check',
  capture: 'Paid by the check',
  void: 'Hold released',
  expire: 'Hold ran out',
  refund: 'Given back',
};
