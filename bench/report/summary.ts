import type { Measurement } from '../load/measure.ts';
import type { SubjectName } from '../load/subject.ts';
import { median, type Quantiles } from './statistics.ts';

/** The medians of all rounds of one subject under one load. */
export function medians(rounds: readonly Measurement[]): Measurement {
  const [first] = rounds;
  if (!first) throw new Error('no round was measured');
  const of = (pick: (round: Measurement) => number): number => median(rounds.map(pick));
  const counted = rounds.find(({ database }) => database);
  return {
    subject: first.subject,
    clients: first.clients,
    orders: first.orders,
    ordersPerSecond: of((round) => round.ordersPerSecond),
    check: quantileMedians(rounds.map(({ check }) => check)),
    whole: quantileMedians(rounds.map(({ whole }) => whole)),
    history: {
      workflowTasks: of((round) => round.history.workflowTasks),
      events: of((round) => round.history.events),
      bytes: of((round) => round.history.bytes),
      actions: of((round) => round.history.actions),
    },
    database: counted?.database,
    cpuSeconds: mediansByName(rounds.map(({ cpuSeconds }) => cpuSeconds)),
    peakBytes: mediansByName(rounds.map(({ peakBytes }) => peakBytes)),
  };
}

/** Medians by subject and load, in the order in which they were first measured. */
export function summarise(measurements: readonly Measurement[]): Measurement[] {
  const groups = Map.groupBy(measurements, ({ subject, clients }) => `${subject}/${clients}`);
  return [...groups.values()].map(medians);
}

export function find(summary: readonly Measurement[], subject: SubjectName, clients: number): Measurement | undefined {
  return summary.find((row) => row.subject === subject && row.clients === clients);
}

function quantileMedians(rounds: readonly Quantiles[]): Quantiles {
  const of = (pick: (quantiles: Quantiles) => number): number => median(rounds.map(pick));
  return { p50: of(({ p50 }) => p50), p95: of(({ p95 }) => p95), p99: of(({ p99 }) => p99) };
}

function mediansByName(rounds: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const names = new Set(rounds.flatMap(Object.keys));
  return Object.fromEntries([...names].map((name) => [name, median(rounds.map((round) => round[name] ?? 0))]));
}
