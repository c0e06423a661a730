import type { FinishedStep } from '../growth/finished.ts';
import type { ListenersRun } from '../growth/listeners.ts';
import type { WaitingRun } from '../growth/waiting.ts';
import type { Measurement } from '../load/measure.ts';
import { markdownTable } from './table.ts';

/** What was measured of how cost grows: only the parts that were asked for. */
export interface GrowthRun {
  readonly finished?: readonly FinishedStep[];
  readonly waiting?: WaitingRun;
  readonly sellers?: readonly { sellers: number; service: Measurement }[];
  readonly workers?: readonly { workers: number; service: Measurement }[];
  readonly listeners?: ListenersRun;
}

/** What growth was measured, as tables. */
export function growthTables({ finished, waiting, sellers, workers, listeners }: GrowthRun): string {
  return [
    finished &&
      markdownTable(
        ['finished orders', 'service, orders/s', 'skeleton, orders/s', 'ratio', 'service p95, ms'],
        finished.map(({ finished: count, service, skeleton }) => [
          count.toLocaleString('en'),
          rate(service),
          rate(skeleton),
          (service.ordersPerSecond / skeleton.ordersPerSecond).toFixed(2),
          service.whole.p95.toFixed(0),
        ]),
      ),
    finished && pagesTable(finished),
    waiting &&
      markdownTable(
        ['orders waiting', 'orders/s', 'p95, ms', 'worker, MiB'],
        waiting.steps.map(({ waiting: count, service, workerBytes }) => [
          count.toLocaleString('en'),
          rate(service),
          service.whole.p95.toFixed(0),
          (workerBytes / 2 ** 20).toFixed(0),
        ]),
      ),
    waiting && `Confirmed all at once, ${waiting.confirmedPerSecond.toFixed(1)} of them a second came to their end.`,
    sellers &&
      perCount(
        'sellers',
        sellers.map(({ sellers: count, service }) => [count, service]),
      ),
    workers &&
      perCount(
        'workers',
        workers.map(({ workers: count, service }) => [count, service]),
      ),
    listeners &&
      `${listeners.listeners} listeners: ${listeners.received} of ${listeners.expected} events arrived; delay p50/p95/p99 ` +
        `${listeners.delay.p50.toFixed(0)}/${listeners.delay.p95.toFixed(0)}/${listeners.delay.p99.toFixed(0)} ms; ` +
        `API ${(listeners.apiBytes / 2 ** 20).toFixed(0)} MiB.`,
  ]
    .filter((part) => part !== undefined)
    .join('\n\n');
}

function pagesTable(steps: NonNullable<GrowthRun['finished']>): string {
  const pages = steps[0]?.pages ?? [];
  return markdownTable(
    ['page, p95 in ms', 'statements', ...steps.map(({ finished }) => finished.toLocaleString('en'))],
    pages.map(({ page, statements }, index) => [
      page,
      String(statements),
      ...steps.map((step) => step.pages[index]?.took.p95.toFixed(1) ?? ''),
    ]),
  );
}

function perCount(title: string, steps: readonly [number, Measurement][]): string {
  const rows = steps.map(([count, service]) => [String(count), rate(service), service.whole.p95.toFixed(0)]);
  return markdownTable([title, 'orders/s', 'p95, ms'], rows);
}

function rate({ ordersPerSecond }: Measurement): string {
  return ordersPerSecond.toFixed(1);
}
