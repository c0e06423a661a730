import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { isClean } from '../chaos/verdict.ts';
import { DRILLS, runDrill, type DrillName } from './drill.ts';
import { printDrill } from './report.ts';
import { temporalPrograms } from './temporal-programs.ts';

interface Options {
  readonly only: readonly DrillName[];
  readonly seconds: number;
  readonly rate: number;
  readonly seed: number;
  readonly json?: boolean;
}

const program = new Command('drill')
  .description(
    'Runs the whole production shape natively (a real Temporal server as four services, PostgreSQL, two APIs, three workers, two sites), ' +
      'kills and replaces each part under load, upgrades, rolls back, restores crosswise, and prints a table.',
  )
  .option('--only <names>', `some of ${DRILLS.join(', ')}, with commas`, drillNames, [...DRILLS])
  .option(
    '--seconds <count>',
    'how long orders run before each part is killed, and while what one costs is measured',
    wholeNumber,
    20,
  )
  .option('--rate <count>', 'orders that begin each second', positive, 3)
  .option('--seed <count>', 'the same seed makes the same orders', wholeNumber, 1)
  .option('--json', 'the report as JSON, too')
  .parse();

const { only, seconds, rate, seed, json } = program.opts<Options>();
const log = (line: string): void => console.error(`${new Date().toISOString()} ${line}`);
const programs = temporalPrograms(log);
const folder = mkdtempSync(join(tmpdir(), 'countersign-drill-'));
// PostgreSQL runs as another user when we are root.
chmodSync(folder, 0o755);
let keep = true;
try {
  const report = await runDrill({ folder, programs, only, seconds, rate, seed, log, started: endWithSignals });
  console.log(printDrill(report));
  if (json) console.log(JSON.stringify(report, undefined, 2));
  keep = !isClean(report.verdict) || !report.agrees;
} finally {
  if (keep) console.error(`The state and the logs are kept in ${folder}.`);
  else rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(keep ? 1 : 0);

/** Ctrl-C ends every part: they run in process groups of their own. */
function endWithSignals(stop: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      void stop()
        .catch(() => undefined)
        .then(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
        .finally(() => process.exit(130));
    });
  }
}

function drillNames(text: string): DrillName[] {
  return text.split(',').map((name) => {
    const known = DRILLS.find((one) => one === name);
    if (!known) throw new InvalidArgumentError(`must be some of ${DRILLS.join(', ')}`);
    return known;
  });
}

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number <= 0) throw new InvalidArgumentError('must be a number above 0');
  return number;
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('must be a whole number from 1 on');
  return Number(text);
}
