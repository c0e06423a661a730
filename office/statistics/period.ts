/** What is counted: of `from` and later, before `to`, in buckets of equal length of which the first begins at `from`. */
export interface Period {
  readonly from: Date;
  readonly to: Date;
  readonly bucketSeconds: number;
}

/** No plot shows more points than this. */
export const MOST_BUCKETS = 120;
export const MOST_DAYS = 90;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Lengths that people can read an axis by. */
const LENGTHS = [1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE);
const LONGER_LENGTHS = [1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR);

/** Divides a period, `to` behind `from` and at most `MOST_DAYS` later, into at most `MOST_BUCKETS` buckets. */
export function dividedPeriod(from: Date, to: Date): Period {
  const seconds = (to.getTime() - from.getTime()) / 1000;
  const fitting = [...LENGTHS, ...LONGER_LENGTHS].find((length) => seconds / length <= MOST_BUCKETS);
  return { from, to, bucketSeconds: fitting ?? DAY };
}

/** As statements take them: RFC 3339. */
export function bounds({ from, to }: Period): { readonly from: string; readonly to: string } {
  return { from: from.toISOString(), to: to.toISOString() };
}

/** When each bucket begins, the first one first. */
export function bucketsOf({ from, to, bucketSeconds }: Period): Date[] {
  const lengthMs = bucketSeconds * 1000;
  const count = Math.ceil((to.getTime() - from.getTime()) / lengthMs);
  return Array.from({ length: count }, (_, at) => new Date(from.getTime() + at * lengthMs));
}

/** A line of a plot: what stands in a bucket by its beginning. */
export function byBucket<Row extends { readonly at: Date }>(rows: readonly Row[]): (at: Date) => Row | undefined {
  const found = new Map(rows.map((row) => [row.at.getTime(), row]));
  return (at) => found.get(at.getTime());
}
