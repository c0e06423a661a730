import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { planChaos } from './plan.ts';
import { printReport } from './print.ts';
import { runChaos } from './run.ts';
import { isClean } from './verdict.ts';

interface Options {
  readonly seed: number;
  readonly orders: number;
  readonly kills: number;
  readonly races: number;
  readonly drops: number;
  readonly sites: number;
  readonly timeout: number;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

const program = new Command('chaos')
  .description('Kills worker, API, Temporal and database with SIGKILL while orders run, then checks every invariant.')
  .option('--seed <n>', 'the same seed makes the same plan', wholeNumber, 1)
  .option('--orders <n>', 'how many orders', wholeNumber, 20)
  .option('--kills <n>', 'how many kills', wholeNumber, 8)
  .option('--races <n>', 'how many more orders whose end two decide at the same moment', wholeNumber, 10)
  .option('--drops <n>', 'how often all connections to the database or to Temporal are dropped', wholeNumber, 4)
  .option(
    '--sites <n>',
    "how many of the orders go over the parties' own servers, which are killed as well",
    wholeNumber,
    0,
  )
  .option('--timeout <seconds>', 'how long after the last kill an order may still take', wholeNumber, 180)
  .option('--quiet', 'only the report')
  .option('--json', 'the report as JSON')
  .parse();

const { seed, orders, kills, races, drops, sites, timeout, quiet, json } = program.opts<Options>();
const folder = mkdtempSync(join(tmpdir(), 'countersign-chaos-'));
const report = await runChaos(planChaos(seed, { orders, kills, races, drops, sites }), {
  folder,
  timeoutMs: timeout * 1_000,
  log: quiet || json ? undefined : (line) => console.log(`${new Date().toISOString()} ${line}`),
  started: endWithSignals,
});
console.log(json ? JSON.stringify(report, undefined, 2) : printReport(report));
if (isClean(report.verdict)) {
  rmSync(folder, { recursive: true, force: true });
} else {
  console.log(`The state and the logs are kept in ${folder}.`);
  process.exitCode = 1;
}

/** Ctrl-C ends every part: they run in process groups of their own. */
function endWithSignals(stop: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stop().finally(() => process.exit(130)));
  }
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('must be a whole number');
  return Number(text);
}
