import { z } from 'zod';
import { METHOD_TWINS, TITLES } from './titles.ts';
import { tableOf, type Transmission } from './transmissions.ts';

const results = z.object({
  testResults: z.array(z.object({ assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })) })),
});

export type Kind = 'works' | 'refuses' | 'knock-out' | 'literal';
export interface ClaimTest {
  readonly claim: number;
  readonly kind: Kind;
  readonly passed: boolean;
}

/** Reads jest's JSON. Tests are named `claim N: works|refuses|knock-out|literal: …`; others do not count. */
export function readResults(json: string): ClaimTest[] {
  const { testResults } = results.parse(JSON.parse(json));
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .flatMap(({ fullName, status }) => {
      const name = /claim (\d+): (works|refuses|knock-out|literal): /.exec(fullName);
      return name ? [{ claim: Number(name[1]), kind: kindOf(name[2]), passed: status === 'passed' }] : [];
    });
}

function kindOf(text: string | undefined): Kind {
  const kind = KINDS.find((known) => known === text);
  if (kind) return kind;
  throw new Error(`no kind of claim test: ${text}`);
}

export interface ClaimsReport {
  readonly text: string;
  /** Every claim works, refuses what it must, would be missed, and was seen between separate parties. */
  readonly allShown: boolean;
}

const KINDS = ['works', 'refuses', 'knock-out', 'literal'] as const satisfies readonly Kind[];
/** The heads of the columns. */
const HEADS: Record<Kind, string> = {
  works: 'works',
  refuses: 'refuses',
  'knock-out': 'knock-out',
  literal: 'between separate parties',
};

/** A line for each of the 23 claims; a claim as a method (13-22) is shown by the tests of its twin. */
export function reportClaims(tests: readonly ClaimTest[], transmissions: readonly Transmission[]): ClaimsReport {
  const rows = TITLES.map((title, index) => {
    const claim = index + 1;
    const shownBy = METHOD_TWINS.get(claim) ?? claim;
    const verdicts = KINDS.map((kind) => verdictOf({ tests, transmissions }, shownBy, kind));
    return { claim, title, shownBy, verdicts };
  });
  const lines = rows.map(({ claim, title, shownBy, verdicts }) => {
    const twin = shownBy === claim ? '' : ` (as a method: claim ${shownBy})`;
    const cells = verdicts.map((verdict, column) => verdict.padEnd(widthOf(KINDS[column])));
    return [String(claim).padStart(5), ...cells, title + twin].join('  ');
  });
  const heads = KINDS.map((kind) => HEADS[kind].padEnd(widthOf(kind)));
  const header = ['claim', ...heads, 'what it claims'].join('  ');
  const network = transmissions.length > 0 ? ['', SENT_AND_RECEIVED, ...tableOf(transmissions)] : [];
  return {
    text: [header, ...lines, ...network].join('\n'),
    allShown: rows.every(({ verdicts }) => verdicts.every(isGood)),
  };
}

const SENT_AND_RECEIVED = 'Sent and received by separate parties, from the messages and the receipts themselves:';

function widthOf(kind: Kind | undefined): number {
  return Math.max(9, kind === undefined ? 0 : HEADS[kind].length);
}

interface Shown {
  readonly tests: readonly ClaimTest[];
  readonly transmissions: readonly Transmission[];
}

function verdictOf({ tests, transmissions }: Shown, claim: number, kind: Kind): string {
  const own = tests.filter((test) => test.claim === claim && test.kind === kind);
  if (own.length === 0) return 'no test';
  const failed = own.filter(({ passed }) => !passed).length;
  if (failed > 0) return `${failed} RED`;
  // A knock-out passes when the claim's own test goes red without its guard.
  if (kind === 'knock-out') return 'goes red';
  if (kind === 'works' || kind === 'refuses') return `${own.length} passed`;
  const sent = transmissions.filter((one) => one.claim === claim).length;
  return sent === 0 ? 'nothing sent: RED' : `${sent} sent and received`;
}

function isGood(verdict: string): boolean {
  return !verdict.endsWith('RED') && verdict !== 'no test';
}
