import { Runtime } from '@temporalio/worker';
import { poolUse, type Orm } from '../platform/orm.ts';

/** Temporal's runtime shows what it was last told. */
const TELL_EVERY_MS = 5_000;

/**
 * Adds how the worker's connections to the database are used to the metrics that Temporal's runtime shows, under the names
 * that the API has for its own. Returns what ends it.
 */
export function showPools(pools: Readonly<Record<string, Orm>>): () => void {
  const meter = Runtime.instance().metricMeter;
  const gauge = (name: string, description: string) =>
    meter.createGauge(`countersign_database_pool_${name}`, 'int', undefined, description);
  const max = gauge('max', 'Connections that the pool keeps at most.');
  const inUse = gauge('in_use', 'Connections that are in use.');
  const idle = gauge('idle', 'Connections that are open and idle.');
  const waiting = gauge('waiting', 'Who waits for a connection.');
  const tell = (): void => {
    for (const [pool, orm] of Object.entries(pools)) {
      const use = poolUse(orm);
      max.set(use.max, { pool });
      inUse.set(use.inUse, { pool });
      idle.set(use.idle, { pool });
      waiting.set(use.waiting, { pool });
    }
  };
  tell();
  const timer = setInterval(tell, TELL_EVERY_MS);
  return () => clearInterval(timer);
}
