import type { Measurement } from '../load/measure.ts';
import { find } from './summary.ts';
import type { Quantiles } from './statistics.ts';
import { markdownTable } from './table.ts';

/** The comparison as people read it: speed, what an order costs, and the goals of this run. */
export function comparisonTable(summary: readonly Measurement[]): string {
  return [speedTable(summary), costTable(summary), ratioTable(summary)].join('\n\n');
}

function speedTable(summary: readonly Measurement[]): string {
  const rows = summary.map(({ subject, clients, orders, ordersPerSecond, check, whole }) => [
    subject,
    String(clients),
    String(orders),
    ordersPerSecond.toFixed(1),
    quantiles(check),
    quantiles(whole),
  ]);
  const header = ['', 'clients', 'orders', 'orders/s', 'to the check, ms p50/p95/p99', 'whole order, ms p50/p95/p99'];
  return markdownTable(header, rows);
}

const PROCESSES = ['temporal', 'postgres', 'worker', 'api', 'client'] as const;

function costTable(summary: readonly Measurement[]): string {
  const rows = summary.map(({ subject, clients, history, database, cpuSeconds, peakBytes }) => [
    subject,
    String(clients),
    history.workflowTasks.toFixed(1),
    history.events.toFixed(1),
    history.bytes.toFixed(0),
    database ? database.transactions.toFixed(2) : '',
    database ? `${database.statements.toFixed(2)}+${database.transactionControl.toFixed(2)}` : '',
    PROCESSES.map((name) => ((cpuSeconds[name] ?? 0) * 1000).toFixed(1)).join('/'),
    PROCESSES.slice(0, 4)
      .map((name) => ((peakBytes[name] ?? 0) / 2 ** 20).toFixed(0))
      .join('/'),
  ]);
  const header = [
    'per order',
    'clients',
    'workflow tasks',
    'events',
    'history bytes',
    'transactions',
    'statements + begin/commit',
    'CPU ms: Temporal/PostgreSQL/worker/API/client',
    'peak MiB: Temporal/PostgreSQL/worker/API',
  ];
  return markdownTable(header, rows);
}

function ratioTable(summary: readonly Measurement[]): string {
  const clients = [...new Set(summary.map((row) => row.clients))];
  const rows = clients.map((count) => {
    const [a, b, c] = (['skeleton', 'textbook', 'service'] as const).map((name) => find(summary, name, count));
    return [
      String(count),
      ratio(c?.ordersPerSecond, a?.ordersPerSecond),
      ratio(c?.ordersPerSecond, b?.ordersPerSecond),
      ratio(c?.check.p50, a?.check.p50),
      ratio(a && processorSeconds(a), c && processorSeconds(c)),
      ratio(b && processorSeconds(b), c && processorSeconds(c)),
    ];
  });
  return markdownTable(
    [
      'clients',
      'service/skeleton, orders/s',
      'service/textbook, orders/s',
      'service/skeleton, p50 to the check',
      'service/skeleton by processor time',
      'service/textbook by processor time',
    ],
    rows,
  );
}

/** Of everything that an order keeps busy. Two rates of one machine compare like these, and no neighbour disturbs them much. */
function processorSeconds({ cpuSeconds }: Measurement): number {
  return Object.values(cpuSeconds).reduce((sum, seconds) => sum + seconds, 0);
}

function ratio(one: number | undefined, other: number | undefined): string {
  return one === undefined || other === undefined ? '' : (one / other).toFixed(2);
}

function quantiles({ p50, p95, p99 }: Quantiles): string {
  return [p50, p95, p99].map((value) => value.toFixed(0)).join('/');
}
