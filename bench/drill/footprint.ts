import { Client as TemporalClient, Connection } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { sizesOf, type Size } from '../archive/sizes.ts';
import { countHistories, type HistoryCounts } from '../load/histories.ts';
import { asOwner } from '../testbed/database.ts';
import { cpuSecondsOf } from '../testbed/processes.ts';
import type { Drilled } from './phase.ts';
import { kindOf, type DrillSystem } from './system.ts';
import { TEMPORAL_DATABASES } from './temporal-cluster.ts';

/** What an order costs the whole production shape, means over those that ended while nothing was killed. */
export interface Footprint {
  readonly orders: number;
  readonly seconds: number;
  /** Milliseconds of processor time an order, by kind of process; what an idle second costs is taken off. */
  readonly cpuMs: Readonly<Record<string, number>>;
  /** Milliseconds of processor time a second without any order. */
  readonly idleMs: Readonly<Record<string, number>>;
  /** Of the orders that were delivered. */
  readonly history: HistoryCounts;
  /** Rows and bytes an order, indexes included, by table of the books. */
  readonly rows: readonly { readonly table: string; readonly rows: number; readonly bytes: number }[];
  /** Bytes an order by database, and of the write-ahead log of all of them. */
  readonly bytes: Readonly<Record<string, number>>;
}

const IDLE_MS = 20_000;

/** Processor time a second of the whole without orders: measured before the load begins. */
export async function measureIdle(system: DrillSystem): Promise<Footprint['idleMs']> {
  const before = cpuOf(system);
  await sleep(IDLE_MS);
  return difference(cpuOf(system), before, (seconds) => (seconds * 1000) / (IDLE_MS / 1000));
}

/** Runs `seconds` of the load and measures what its orders cost. */
export async function measureFootprint(
  { system, load, settleMs }: Drilled,
  seconds: number,
  idleMs: Footprint['idleMs'],
): Promise<Footprint> {
  await sleep(settleMs);
  const [before, begunAt] = [await look(system), Date.now()];
  await sleep(seconds * 1000);
  const [after, tookS] = [await look(system), (Date.now() - begunAt) / 1000];
  const ended = load.orders.filter((order) => order.ended && order.ended.at >= begunAt);
  const perOrder = (value: number): number => value / ended.length;
  return {
    orders: ended.length,
    seconds: tookS,
    idleMs,
    cpuMs: Object.fromEntries(
      Object.entries(difference(after.cpu, before.cpu, (used) => used * 1000)).map(([kind, ms]) => [
        kind,
        perOrder(ms - (idleMs[kind] ?? 0) * tookS),
      ]),
    ),
    history: await historiesOf(
      system,
      ended.flatMap(({ plan, ended: end }) =>
        end?.outcome.stage === 'completed' && !plan.atSites ? end.outcome.ids : [],
      ),
    ),
    rows: after.sizes.map(({ table, rows, table_bytes: table_, index_bytes: index }) => {
      const then = before.sizes.find((size) => size.table === table);
      const bytes = table_ + index - (then ? then.table_bytes + then.index_bytes : 0);
      return { table, rows: perOrder(rows - (then?.rows ?? 0)), bytes: perOrder(bytes) };
    }),
    bytes: difference(after.bytes, before.bytes, perOrder),
  };
}

interface Look {
  readonly cpu: Readonly<Record<string, number>>;
  readonly sizes: readonly Size[];
  readonly bytes: Readonly<Record<string, number>>;
}

async function look(system: DrillSystem): Promise<Look> {
  const cpu = cpuOf(system);
  const bytes = await asOwner(system.ownerUrl, async (client) => {
    await client.query('analyze');
    const { rows } = await client.query<{ name: string; bytes: number }>(
      `select datname as name, pg_database_size(datname)::float as bytes from pg_database where datname = any($1)
       union all select 'write-ahead log', pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float`,
      [['countersign', ...TEMPORAL_DATABASES]],
    );
    return Object.fromEntries(rows.map(({ name, bytes: size }) => [name, size]));
  });
  return { cpu, sizes: await sizesOf(system.ownerUrl, 1), bytes };
}

/** Seconds so far, by kind of process: those of `api-1` and `api-2` together. */
function cpuOf(system: DrillSystem): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, { pid }] of system.parts) {
    const kind = kindOf(name);
    sums[kind] = (sums[kind] ?? 0) + cpuSecondsOf(pid);
  }
  return sums;
}

function difference(
  after: Readonly<Record<string, number>>,
  before: Readonly<Record<string, number>>,
  of: (value: number) => number,
): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, of(value - (before[name] ?? 0))]));
}

async function historiesOf(system: DrillSystem, ids: readonly string[]): Promise<HistoryCounts> {
  const connection = await Connection.connect({ address: system.temporalAddress });
  try {
    return await countHistories(new TemporalClient({ connection, namespace: system.temporalNamespace }), ids);
  } finally {
    await connection.close();
  }
}
