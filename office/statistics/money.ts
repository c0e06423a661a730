import type { EntityManager } from '@mikro-orm/postgresql';
import type { Currency } from '../../domain/money.ts';
import { bounds, bucketsOf, byBucket, type Period } from './period.ts';

/** Minor units of one currency in one bucket. */
export interface MoneyOfBucket {
  /** When the bucket begins. RFC 3339. */
  readonly at: string;
  /** What was held for checks at the bucket's end. */
  readonly held: number;
  /** What sellers were paid in it, out of what was held. */
  readonly settled: number;
}

export interface MoneyOfCurrency {
  readonly currency: Currency;
  readonly data: readonly MoneyOfBucket[];
}

/**
 * Raw: what is held now and how it came to that, in one snapshot. A capture is the entry that takes both the money and its hold
 * from the buyer. `at` is null for what came after the period.
 */
const HELD_AND_SETTLED = `
  select currency, null::text as kind, null::timestamptz as at, sum(held)::bigint as held, 0::bigint as settled from accounts
  group by currency
  union all
  select currency, 'moved', case when created_at < ?::timestamptz then date_bin(make_interval(secs => ?::int), created_at, ?::timestamptz) end,
    sum(held_amount)::bigint, coalesce(sum(-amount) filter (where amount < 0 and held_amount < 0), 0)::bigint
  from entries where created_at >= ?::timestamptz
  group by 1, 2, 3`;

interface Row {
  readonly currency: Currency;
  readonly kind: 'moved' | null;
  readonly at: Date | string | null;
  readonly held: string;
  readonly settled: string;
}

/** What was held at the end of each bucket, and what was paid in it, by currency; currencies that no account has are not there. */
export async function moneyByBucket(em: EntityManager, period: Period): Promise<MoneyOfCurrency[]> {
  const { from, to } = bounds(period);
  const rows = await em.execute<Row[]>(HELD_AND_SETTLED, [to, period.bucketSeconds, from, from]);
  const currencies = [...new Set(rows.map(({ currency }) => currency))].toSorted();
  return currencies.map((currency) => ({
    currency,
    data: lineOf(
      period,
      rows.filter((row) => row.currency === currency),
    ),
  }));
}

/** Backwards from what is held now. */
function lineOf(period: Period, rows: readonly Row[]): MoneyOfBucket[] {
  const now = sumOf(rows.filter(({ kind }) => kind === null));
  const moved = rows.filter(({ kind }) => kind === 'moved');
  const within = byBucket(moved.flatMap((row) => (row.at === null ? [] : [{ ...row, at: new Date(row.at) }])));
  let held = now - sumOf(moved);
  return bucketsOf(period).map((at) => {
    const row = within(at);
    held += BigInt(row?.held ?? 0);
    return { at: at.toISOString(), held: Number(held), settled: Number(row?.settled ?? 0) };
  });
}

function sumOf(rows: readonly Row[]): bigint {
  return rows.reduce((sum, { held }) => sum + BigInt(held), 0n);
}
