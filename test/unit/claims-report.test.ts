import { readResults, reportClaims, type ClaimTest } from '../../scripts/claims/report.ts';

const CLAIMS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 23];
const allGood = CLAIMS.flatMap((claim): ClaimTest[] => [
  { claim, kind: 'works', passed: true },
  { claim, kind: 'refuses', passed: true },
  { claim, kind: 'knock-out', passed: true },
]);

function lineOf(tests: readonly ClaimTest[], claim: number): string {
  return reportClaims(tests).text.split('\n')[claim] ?? '';
}

test('every claim has its line, and a method claim is shown by its twin', () => {
  const report = reportClaims(allGood);
  expect(report.allShown).toBe(true);
  expect(report.text.split('\n')).toHaveLength(24);
  expect(lineOf(allGood, 20)).toMatch(
    /^ +20 +1 passed +1 passed +goes red +registered distributor \(as a method: claim 10\)/,
  );
});

test('a failed test turns its claim and its twin red', () => {
  const failed = allGood.map((test) =>
    test.claim === 2 && test.kind === 'refuses' ? { ...test, passed: false } : test,
  );
  expect(reportClaims(failed).allShown).toBe(false);
  expect(lineOf(failed, 2)).toContain('1 RED');
  expect(lineOf(failed, 14)).toContain('1 RED');
  expect(lineOf(failed, 3)).not.toContain('RED');
});

test('a claim without a knock-out is not shown', () => {
  const missing = allGood.filter(({ claim, kind }) => claim !== 7 || kind !== 'knock-out');
  expect(reportClaims(missing).allShown).toBe(false);
  expect(lineOf(missing, 7)).toContain('no test');
});

test("jest's results are read by the names of the tests", () => {
  const assertionResults = [
    { fullName: 'claim 12: knock-out: every report counts', status: 'passed' },
    { fullName: 'claim 12: works: the completion arrives', status: 'failed' },
    { fullName: 'something else', status: 'passed' },
  ];
  expect(readResults(JSON.stringify({ testResults: [{ assertionResults }] }))).toEqual([
    { claim: 12, kind: 'knock-out', passed: true },
    { claim: 12, kind: 'works', passed: false },
  ]);
});
