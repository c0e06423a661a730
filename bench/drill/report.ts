import type { Verdict } from '../chaos/verdict.ts';
import { markdownTable } from '../report/table.ts';
import type { Footprint } from './footprint.ts';
import type { Phase } from './phase.ts';

export interface DrillReport {
  /** The Temporal server that ran, with its version. */
  readonly server: string;
  readonly phases: readonly Phase[];
  readonly orders: number;
  readonly verdict: Verdict;
  readonly footprint: Footprint;
  /** What `ops reconcile` says at the end. */
  readonly agreement: string;
}

const JUDGED = ['lost', 'doubled', 'stuck', 'wrong'] as const;

/** The drill in tables: what was done to which part and what came of the orders, then what an order costs. */
export function printDrill({ server, phases, orders, verdict, footprint, agreement }: DrillReport): string {
  const rows = phases.map((phase) => [
    phase.part,
    phase.happened,
    String(phase.affected.length),
    phase.seconds?.toFixed(1) ?? 'not all',
    ...JUDGED.map((kind) => String(verdict[kind].filter((line) => isOf(phase, line)).length)),
  ]);
  const sum = ['all', '', String(orders), '', ...JUDGED.map((kind) => String(verdict[kind].length))];
  return [
    markdownTable(['part', 'what happened', 'orders affected', 's until all had ended', ...JUDGED], [...rows, sum]),
    `With ${server}. Rules of the books broken: ${verdict.broken.length}. ${agreement}`,
    ...Object.entries(verdict).flatMap(([kind, lines]) => lines.map((line: string) => `${kind}: ${line}`)),
    printFootprint(footprint),
  ].join('\n\n');
}

/** A line of the verdict names the order by its key or its id. */
function isOf({ affected }: Phase, line: string): boolean {
  return affected.some(
    ({ plan, ended }) => line.startsWith(`${plan.key} `) || (ended?.outcome.ids ?? []).some((id) => line.includes(id)),
  );
}

function printFootprint({ orders, seconds, cpuMs, idleMs, history, rows, bytes }: Footprint): string {
  return [
    `What an order costs: means of ${orders} orders in ${seconds.toFixed(0)} s, all endings mixed.`,
    markdownTable(
      ['process', 'CPU ms an order', 'CPU ms an idle second'],
      Object.entries(cpuMs).map(([kind, ms]) => [kind, ms.toFixed(1), (idleMs[kind] ?? 0).toFixed(1)]),
    ),
    markdownTable(
      ['table of the books', 'rows an order', 'bytes an order, with indexes'],
      rows
        .filter(({ rows: count, bytes: size }) => count >= 0.05 || size >= 1)
        .map((row) => [row.table, row.rows.toFixed(1), row.bytes.toFixed(0)]),
    ),
    markdownTable(
      ['database', 'bytes an order'],
      Object.entries(bytes).map(([name, size]) => [name, size.toFixed(0)]),
    ),
    `History of a delivered order: ${history.events.toFixed(1)} events, ${history.bytes.toFixed(0)} bytes, ${history.workflowTasks.toFixed(1)} ` +
      `workflow tasks, ${history.actions.toFixed(1)} actions of Temporal Cloud.`,
  ].join('\n\n');
}
