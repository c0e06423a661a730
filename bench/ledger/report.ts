import { median } from '../report/statistics.ts';
import { markdownTable } from '../report/table.ts';
import type { SubjectName } from './subjects.ts';

export type Rates = Readonly<Record<SubjectName, readonly number[]>>;

const MEANING = {
  bare: 'two rows, as pgledger does it',
  hold: 'keyed hold',
  capture: 'keyed capture of a hold',
  issue: 'hold with its order and check, compared at the commit',
  settle: 'capture with its order and check, compared at the commit',
} as const;
type Spread = keyof typeof MEANING;
const SPREAD = Object.keys(MEANING) as Spread[];

/** The table of a run, and how it stands to the goals. */
export function printed(rates: Rates, run: { clients: number; transfers: number; rounds: number }): string {
  const rows = SPREAD.map((name) => {
    const [spread, hot] = [rate(rates, name), rate(rates, `${name}, one seller`)];
    const cells = [name, MEANING[name], whole(spread), ratio(rates, name, 'bare'), whole(hot)];
    return [...cells, ratio(rates, `${name}, one seller`, name)];
  });
  const header = ['transfer', 'what it writes', 'spread /s', 'of bare', 'one seller /s', 'of spread'];
  const { clients, transfers, rounds } = run;
  const title = `${clients} connections, ${transfers} transfers each, median of ${rounds} interleaved rounds`;
  const verdicts = goals(rates).map(
    ({ goal, value, wanted }) =>
      `${value >= wanted ? 'reached' : 'MISSED'}: ${goal}: ${value.toFixed(2)} (goal ${wanted})`,
  );
  return [title, '', markdownTable(header, rows), '', ...verdicts].join('\n');
}

export interface Goal {
  readonly goal: string;
  readonly value: number;
  readonly wanted: number;
}

/** The goals of the ledger: an order writes one hold and one capture. */
export function goals(rates: Rates): Goal[] {
  const both = (round: number, hot: '' | ', one seller'): number =>
    2 / (1 / at(rates, `hold${hot}`, round) + 1 / at(rates, `capture${hot}`, round));
  const ratios = (of: (round: number) => number): number => median(rates.bare.map((_, round) => of(round)));
  return [
    {
      goal: 'hold and capture beside the bare transfer',
      value: ratios((round) => both(round, '') / at(rates, 'bare', round)),
      wanted: 0.7,
    },
    {
      goal: 'hold and capture on one seller beside spread ones',
      value: ratios((round) => both(round, ', one seller') / both(round, '')),
      wanted: 0.5,
    },
    {
      goal: 'the whole settlement on one seller beside spread ones',
      value: ratios((round) => at(rates, 'settle, one seller', round) / at(rates, 'settle', round)),
      wanted: 0.5,
    },
  ];
}

function rate(rates: Rates, name: SubjectName): number {
  return median(rates[name]);
}

/** The median of the ratios within each round: what slows a whole round down drops out. */
function ratio(rates: Rates, name: SubjectName, beside: SubjectName): string {
  return median(rates[name].map((value, round) => value / at(rates, beside, round))).toFixed(2);
}

function at(rates: Rates, name: SubjectName, round: number): number {
  return rates[name][round] ?? Number.NaN;
}

function whole(value: number): string {
  return Math.round(value).toString();
}
