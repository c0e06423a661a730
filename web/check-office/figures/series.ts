import type { Money } from '../../../client/index.ts';
import { digitsOf, formatMoney, formatNumber } from '../../shared/format.ts';
import type { Schemas } from '../data.ts';

type Statistics = Schemas['Statistics'];

/** Values over time, ready to be drawn. */
export interface Chart {
  /** Seconds since 1970: where each bucket begins. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
}

export interface Line {
  readonly label: string;
  readonly values: readonly number[];
  /** What all of them come to, in words, where they add up. */
  readonly total?: string;
}

/** How many orders a minute were placed and ended, bucket by bucket. */
export function ordersAMinute({ perMinute: { bucketSeconds, data } }: Pick<Statistics, 'perMinute'>): Chart {
  const counted = (counts: readonly number[]) => ({
    values: counts.map((count) => (count * 60) / bucketSeconds),
    total: formatNumber(sumOf(counts)),
  });
  return {
    times: data.map(({ at }) => Date.parse(at) / 1000),
    lines: [
      { label: 'Placed', ...counted(data.map(({ placed }) => placed)) },
      { label: 'Ended', ...counted(data.map(({ ended }) => ended)) },
    ],
  };
}

/** A chart with its name, and how a value of it is shown. */
export interface Plotted {
  readonly name: string;
  readonly chart: Chart;
  readonly format: (value: number) => string;
}

type OfCurrency = Statistics['money']['currencies'][number];

/** What was held at the end of each bucket and what was settled in it, in whole units of the currency. */
export function moneyOver({ currency, data }: OfCurrency): Chart {
  const unit = 10 ** digitsOf(currency as Money['currency']);
  return {
    times: data.map(({ at }) => Date.parse(at) / 1000),
    lines: [
      { label: 'Held', values: data.map(({ held }) => held / unit) },
      {
        label: 'Settled',
        values: data.map(({ settled }) => settled / unit),
        total: formatMoney({
          amount: sumOf(data.map(({ settled }) => settled)),
          currency: currency as Money['currency'],
        }),
      },
    ],
  };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The currencies in which there was any money, the one that was held or settled most often first. */
export function livelyMoney({ money: { currencies } }: Pick<Statistics, 'money'>): readonly OfCurrency[] {
  const busy = ({ data }: OfCurrency): number => data.filter(({ held, settled }) => held !== 0 || settled !== 0).length;
  return currencies.filter((one) => busy(one) > 0).toSorted((one, other) => busy(other) - busy(one));
}

/** Whether there is nothing to draw. */
export function isEmpty({ lines }: Chart): boolean {
  return lines.every(({ values }) => values.every((value) => value === 0));
}

/** What a chart shows, in one sentence for whoever does not see it. */
export function inWords({ lines }: Chart, format: (value: number) => string): string {
  const peaks = lines.map(({ label, values }) => {
    const last = values.at(-1) ?? 0;
    return `${label.toLowerCase()}: at most ${format(Math.max(0, ...values))}, lately ${format(last)}`;
  });
  return peaks.join('; ');
}

/** The share of a bar for a time, on a logarithmic scale from a second to the longest: 0 to 100. */
export function barShare(seconds: number, longest: number): number {
  if (seconds <= 0) return 0;
  const share = Math.log1p(seconds) / Math.log1p(Math.max(longest, 1));
  return Math.round(100 * Math.min(1, share));
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** A span of time as people say it: `42 ms`, `12 min`, `2.5 days`. */
export function formatSpan(seconds: number): string {
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? (['millisecond', 0.001] as const);
  const value = seconds / size;
  const digits = value < 10 && unit !== 'millisecond' ? 1 : 0;
  return new Intl.NumberFormat('en', {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: digits,
  }).format(value);
}
