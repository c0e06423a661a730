import { readCounts, untilCounted, type DatabaseCounts } from '../testbed/database.ts';
import { cpuSecondsOf, memoryBytesOf, type Measured } from '../testbed/processes.ts';
import type { Testbed } from '../testbed/testbed.ts';
import { quantilesOf, type Quantiles } from '../report/statistics.ts';
import { drive, ratePerSecond, type Load } from './drive.ts';
import { countHistories, type HistoryCounts } from './histories.ts';
import type { Subject, SubjectName } from './subject.ts';

/** One subject under one load, once. */
export interface Measurement {
  readonly subject: SubjectName;
  readonly clients: number;
  readonly orders: number;
  readonly ordersPerSecond: number;
  /** Milliseconds. */
  readonly check: Quantiles;
  readonly whole: Quantiles;
  readonly history: HistoryCounts;
  /** Per order; absent where the measurement did not wait for the database's own counting. */
  readonly database?: DatabaseCounts;
  /** Seconds of processor time an order, by process; `client` is the load generator itself. */
  readonly cpuSeconds: Readonly<Record<string, number>>;
  /** The highest that was seen, by process, bytes. */
  readonly peakBytes: Readonly<Record<string, number>>;
}

/**
 * Measures one subject under one load. With `counting` it takes ten seconds more, in which the database reports; whoever
 * counts first has waited for what came before.
 */
export async function measure(testbed: Testbed, subject: Subject, load: Load, counting: boolean): Promise<Measurement> {
  const processes: Measured[] = [...testbed.servers, ...subject.processes, { name: 'client', pid: process.pid }];
  const countsBefore = counting ? await readCounts(testbed.postgres.url) : undefined;
  const cpuBefore = cpuByName(processes);
  const memory = watchMemory(processes);
  const timings = await drive(subject, load);
  const peakBytes = memory.stop();
  const cpuAfter = cpuByName(processes);
  if (counting) await untilCounted();
  const countsAfter = counting ? await readCounts(testbed.postgres.url) : undefined;
  const ids = timings.map(({ workflowId }) => workflowId);
  return {
    subject: subject.name,
    clients: load.clients,
    orders: timings.length,
    ordersPerSecond: ratePerSecond(timings, load.clients),
    check: quantilesOf(timings.map(({ checkMs }) => checkMs)),
    whole: quantilesOf(timings.map(({ wholeMs }) => wholeMs)),
    history: await countHistories(subject.client, ids),
    database: countsBefore && countsAfter && perOrder(countsBefore, countsAfter, timings.length),
    cpuSeconds: Object.fromEntries(
      Object.entries(cpuAfter).map(([name, seconds]) => [name, (seconds - (cpuBefore[name] ?? 0)) / timings.length]),
    ),
    peakBytes,
  };
}

/** Several processes of one name (workers) count together. */
function cpuByName(processes: readonly Measured[]): Record<string, number> {
  return sumByName(processes, ({ name, pid }) => (name === 'client' ? ownCpuSeconds() : cpuSecondsOf(pid)));
}

/** Without the processes that the load generator has started. */
function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

const WATCH_EVERY_MS = 5_000;

function watchMemory(processes: readonly Measured[]): { stop(): Record<string, number> } {
  const watched = processes.filter(({ name }) => name !== 'client');
  const peaks: Record<string, number> = {};
  const look = (): void => {
    const now = sumByName(watched, ({ pid }) => memoryBytesOf(pid));
    for (const [name, bytes] of Object.entries(now)) peaks[name] = Math.max(peaks[name] ?? 0, bytes);
  };
  const timer = setInterval(look, WATCH_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      look();
      return peaks;
    },
  };
}

function sumByName(processes: readonly Measured[], valueOf: (measured: Measured) => number): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const measured of processes) sums[measured.name] = (sums[measured.name] ?? 0) + valueOf(measured);
  return sums;
}

function perOrder(before: DatabaseCounts, after: DatabaseCounts, orders: number): DatabaseCounts {
  return {
    statements: (after.statements - before.statements) / orders,
    transactionControl: (after.transactionControl - before.transactionControl) / orders,
    transactions: (after.transactions - before.transactions) / orders,
  };
}
