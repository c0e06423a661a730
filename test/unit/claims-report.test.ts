import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readResults, reportClaims, type ClaimTest } from '../../scripts/claims/report.ts';
import {
  readTransmissions,
  reportTransmissions,
  TRANSMISSIONS_FILE,
  type Transmission,
} from '../../scripts/claims/transmissions.ts';

const CLAIMS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 23];
const allGood = CLAIMS.flatMap((claim): ClaimTest[] => [
  { claim, kind: 'works', passed: true },
  { claim, kind: 'refuses', passed: true },
  { claim, kind: 'knock-out', passed: true },
  { claim, kind: 'literal', passed: true },
]);
const allSent = CLAIMS.map((claim): Transmission => ({
  claim,
  what: 'presentation',
  from: 'buyer-ada',
  to: 'seller-loom',
  received: { signedBy: 'seller-loom', verdict: 'promised' },
}));

function lineOf(tests: readonly ClaimTest[], claim: number, sent = allSent): string {
  return reportClaims(tests, sent).text.split('\n')[claim] ?? '';
}

test('every claim has its line, and a method claim is shown by its twin', () => {
  const report = reportClaims(allGood, allSent);
  expect(report.allShown).toBe(true);
  expect(report.text.split('\n').filter((line) => line.includes('goes red'))).toHaveLength(23);
  expect(lineOf(allGood, 20)).toMatch(
    /^ +20 +1 passed +1 passed +goes red +1 sent and received +registered distributor \(as a method: claim 10\)/,
  );
});

test('a failed test turns its claim and its twin red', () => {
  const failed = allGood.map((test) =>
    test.claim === 2 && test.kind === 'refuses' ? { ...test, passed: false } : test,
  );
  expect(reportClaims(failed, allSent).allShown).toBe(false);
  expect(lineOf(failed, 2)).toContain('1 RED');
  expect(lineOf(failed, 14)).toContain('1 RED');
  expect(lineOf(failed, 3)).not.toContain('RED');
});

test('a claim without a knock-out is not shown', () => {
  const missing = allGood.filter(({ claim, kind }) => claim !== 7 || kind !== 'knock-out');
  expect(reportClaims(missing, allSent).allShown).toBe(false);
  expect(lineOf(missing, 7)).toContain('no test');
});

test("jest's results are read by the names of the tests", () => {
  const assertionResults = [
    { fullName: 'claim 12: knock-out: every report counts', status: 'passed' },
    { fullName: 'claim 12: works: the completion arrives', status: 'failed' },
    { fullName: 'claim 12: literal: it arrives at the seller', status: 'passed' },
    { fullName: 'something else', status: 'passed' },
  ];
  expect(readResults(JSON.stringify({ testResults: [{ assertionResults }] }))).toEqual([
    { claim: 12, kind: 'knock-out', passed: true },
    { claim: 12, kind: 'works', passed: false },
    { claim: 12, kind: 'literal', passed: true },
  ]);
});

test('a claim that nobody saw on the network is not shown, whatever its tests say', () => {
  const others = allSent.filter(({ claim }) => claim !== 9);
  expect(reportClaims(allGood, others).allShown).toBe(false);
  expect(lineOf(allGood, 9, others)).toContain('nothing sent: RED');
  expect(lineOf(allGood, 19, others)).toContain('nothing sent: RED');
  const untested = allGood.filter(({ claim, kind }) => claim !== 9 || kind !== 'literal');
  expect(reportClaims(untested, allSent).allShown).toBe(false);
});

describe('what the tests have seen on the network', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-transmissions-'));
  const file = join(folder, 'sent.jsonl');
  afterEach(() => delete process.env[TRANSMISSIONS_FILE]);
  afterAll(() => rmSync(folder, { recursive: true }));

  test('reaches the report, each once, and is shown with who signed for it or where it is on record', () => {
    process.env[TRANSMISSIONS_FILE] = file;
    const validation: Transmission = {
      claim: 2,
      what: 'POST /v1/echecks/validation',
      from: 'seller-loom',
      to: 'check office',
      received: { onRecord: 'check_validated' },
    };
    reportTransmissions(allSent);
    reportTransmissions([validation, validation]);
    const sent = readTransmissions(file);
    expect(sent).toEqual([...allSent, validation]);
    const { text } = reportClaims(allGood, sent);
    expect(text).toMatch(/^ +1 +presentation +buyer-ada +seller-loom +signed for by seller-loom: promised$/m);
    expect(text).toMatch(
      /^ +2 +POST \/v1\/echecks\/validation +seller-loom +check office +on the office's record: check_validated$/m,
    );
  });

  test('goes nowhere in a run that prints no report', () => {
    reportTransmissions(allSent);
    expect(readTransmissions(join(folder, 'none.jsonl'))).toEqual([]);
  });
});
