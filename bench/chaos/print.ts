import type { ChaosReport } from './run.ts';

/** The report in words: a few lines of figures, then everything that is wrong by name. */
export function printReport(report: ChaosReport): string {
  const { seed, orders, races, drops, sites, kills, starts, repeats, stages, slowestOrderMs, tookMs, verdict } = report;
  const allKills = Object.values(kills).reduce((sum, count) => sum + count, 0);
  return [
    `seed ${seed}: ${orders} orders, ${races} of them races${sites > 0 ? ` and ${sites} over the parties' own servers` : ''}, ${allKills} kills, ${drops} drops of all connections, ${seconds(tookMs)}`,
    `kills    ${pairs(kills)}`,
    `starts   ${pairs(starts)}`,
    `orders   ${pairs(stages)}; the slowest took ${seconds(slowestOrderMs)}`,
    `repeats  ${repeats} requests were repeated by their senders`,
    ...Object.entries(verdict).flatMap(([name, list]) => [
      `${name.padEnd(8)} ${list.length}`,
      ...list.map((line: string) => `  ${line}`),
    ]),
  ].join('\n');
}

function pairs(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}
