import { z } from 'zod';
import { METHOD_TWINS, TITLES } from './titles.ts';

const results = z.object({
  testResults: z.array(z.object({ assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })) })),
});

export type Kind = 'works' | 'refuses' | 'knock-out';
export interface ClaimTest {
  readonly claim: number;
  readonly kind: Kind;
  readonly passed: boolean;
}

/** Reads jest's JSON. Tests are named `claim N: works|refuses|knock-out: …`; others do not count. */
export function readResults(json: string): ClaimTest[] {
  const { testResults } = results.parse(JSON.parse(json));
  return testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .flatMap(({ fullName, status }) => {
      const name = /claim (\d+): (works|refuses|knock-out): /.exec(fullName);
      return name ? [{ claim: Number(name[1]), kind: kindOf(name[2]), passed: status === 'passed' }] : [];
    });
}

function kindOf(text: string | undefined): Kind {
  if (text === 'works' || text === 'refuses' || text === 'knock-out') return text;
  throw new Error(`no kind of claim test: ${text}`);
}

export interface ClaimsReport {
  readonly text: string;
  /** Every claim works, refuses what it must, and would be missed. */
  readonly allShown: boolean;
}

const KINDS: readonly Kind[] = ['works', 'refuses', 'knock-out'];

/** A line for each of the 23 claims; a claim as a method (13-22) is shown by the tests of its twin. */
export function reportClaims(tests: readonly ClaimTest[]): ClaimsReport {
  const rows = TITLES.map((title, index) => {
    const claim = index + 1;
    const shownBy = METHOD_TWINS.get(claim) ?? claim;
    const verdicts = KINDS.map((kind) => verdictOf(tests, shownBy, kind));
    return { claim, title, shownBy, verdicts };
  });
  const lines = rows.map(({ claim, title, shownBy, verdicts }) => {
    const twin = shownBy === claim ? '' : ` (as a method: claim ${shownBy})`;
    return [String(claim).padStart(5), ...verdicts.map((verdict) => verdict.padEnd(9)), title + twin].join('  ');
  });
  const header = ['claim', 'works    ', 'refuses  ', 'knock-out', 'what it claims'].join('  ');
  return { text: [header, ...lines].join('\n'), allShown: rows.every(({ verdicts }) => verdicts.every(isGood)) };
}

function verdictOf(tests: readonly ClaimTest[], claim: number, kind: Kind): string {
  const own = tests.filter((test) => test.claim === claim && test.kind === kind);
  if (own.length === 0) return 'no test';
  const failed = own.filter(({ passed }) => !passed).length;
  if (failed > 0) return `${failed} RED`;
  // A knock-out passes when the claim's own test goes red without its guard.
  return kind === 'knock-out' ? 'goes red' : `${own.length} passed`;
}

function isGood(verdict: string): boolean {
  return !verdict.endsWith('RED') && verdict !== 'no test';
}
