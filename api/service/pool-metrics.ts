import type { Registry } from 'prom-client';
import { poolUse, type Orm, type PoolUse } from '../../platform/orm.ts';
import { registerGauge } from '../http/gauge.ts';

/** How the connections to the database are used, by what they are for. */
export function registerPoolMetrics(registry: Registry, pools: Readonly<Record<string, Orm>>): void {
  const gauge = (name: string, help: string, value: (use: PoolUse) => number) =>
    registerGauge(registry, { name, help, labels: ['pool'] }, async () =>
      Object.entries(pools).map(([pool, orm]) => ({ labels: { pool }, value: value(poolUse(orm)) })),
    );
  gauge('countersign_database_pool_max', 'Connections that the pool keeps at most.', ({ max }) => max);
  gauge('countersign_database_pool_in_use', 'Connections that are in use.', ({ inUse }) => inUse);
  gauge('countersign_database_pool_idle', 'Connections that are open and idle.', ({ idle }) => idle);
  gauge('countersign_database_pool_waiting', 'Who waits for a connection.', ({ waiting }) => waiting);
}
