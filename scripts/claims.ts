import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readResults, reportClaims } from './claims/report.ts';
import { readTransmissions, TRANSMISSIONS_FILE } from './claims/transmissions.ts';

/* `npm run claims`: runs the tests of the claims and prints what became of each of the 23, and what crossed the network. */

const folder = mkdtempSync(join(tmpdir(), 'countersign-claims-'));
const outputFile = join(folder, 'results.json');
const sentFile = join(folder, 'transmissions.jsonl');
const runTests = fileURLToPath(new URL('run-tests.ts', import.meta.url));
try {
  const args = [runTests, 'test/claims', '--json', `--outputFile=${outputFile}`, '--silent'];
  const run = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, [TRANSMISSIONS_FILE]: sentFile },
  });
  const report = reportClaims(readResults(readFile(outputFile, run.stderr)), readTransmissions(sentFile));
  console.log(report.text);
  process.exitCode = report.allShown ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function readFile(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new Error(`the tests did not run:\n${otherwise.slice(-2_000)}`);
  }
}
