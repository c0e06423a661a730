import { markdownTable } from '../report/table.ts';
import type { PageCost } from '../growth/pages.ts';
import type { ArchiveRun, Moment } from './run.ts';
import type { Size } from './sizes.ts';

/** What the archive was measured to cost and to give, as tables. */
export function archiveTables({
  seeded,
  before,
  moved,
  during,
  after,
  rewritten,
  detached,
  readerPerSecond,
}: ArchiveRun): string {
  return [
    `${whole(seeded.events)} events of ${whole(seeded.orders)} orders, with their checks, transfers and entries, written by SQL past ` +
      `the triggers in ${seeded.seconds.toFixed(0)} s.`,
    readsTable(before, during, after),
    sizesTable({ 'all live': before.sizes, archived: after.sizes, 'and written anew': rewritten }),
    `Archiving moved ${whole(moved.events)} events and ${whole(moved.entries)} entries of ${whole(moved.orders)} orders in ` +
      `${moved.seconds.toFixed(0)} s, ${whole((moved.events + moved.entries) / moved.seconds)} rows a second beside these reads; ` +
      `a batch took ${moved.batch.p50.toFixed(0)}/${moved.batch.p95.toFixed(0)}/${moved.batch.p99.toFixed(0)} ms (p50/p95/p99).`,
    `Taking ${detached.table} out of \`order_events\` took ${detached.detachMs.toFixed(0)} ms, dropping it ${detached.dropMs.toFixed(0)} ms.`,
    `The reader for webhooks queues ${whole(readerPerSecond)} events a second for one webhook that wants all of them.`,
  ].join('\n\n');
}

function readsTable(before: Moment, during: readonly PageCost[], after: Moment): string {
  return markdownTable(
    ['p50 / p95 in ms', 'all live', 'while it is archived', 'archived'],
    before.reads.map(({ page, took }) => {
      const [meanwhile, now] = [during, after.reads].map((costs) => costs.find((one) => one.page === page));
      const said = ({ p50, p95 }: { p50: number; p95: number }): string => `${p50.toFixed(1)} / ${p95.toFixed(1)}`;
      return [page, said(took), meanwhile ? said(meanwhile.took) : '', now ? said(now.took) : ''];
    }),
  );
}

function sizesTable(moments: Record<string, readonly Size[]>): string {
  const tables = [...new Set(Object.values(moments).flatMap((sizes) => sizes.map(({ table }) => table)))];
  return markdownTable(
    ['rows; table + indexes in MiB', ...Object.keys(moments)],
    tables.map((table) => [table, ...Object.values(moments).map((sizes) => sizeIn(sizes, table))]),
  );
}

function sizeIn(sizes: readonly Size[], table: string): string {
  const size = sizes.find((one) => one.table === table);
  if (!size) return '';
  const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
  return `${whole(size.rows)}; ${mebibytes(size.table_bytes)} + ${mebibytes(size.index_bytes)}`;
}

function whole(count: number): string {
  return Math.round(count).toLocaleString('en');
}
