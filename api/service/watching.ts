import { watch, type Watch } from '../../office/attention/index.ts';
import { withinDeadline } from '../../platform/deadline.ts';
import { shared } from '../../platform/order-health/shared.ts';
import type { OrderHealth } from '../../platform/order-health/health.ts';
import type { Orm } from '../../platform/orm.ts';

/** Looks after queues and orders; throws while Temporal cannot be asked. Readiness, metrics, orders and desks share one look. */
export type Watching = () => Promise<Watch>;

/** A look costs Temporal and the database some questions, whoever asks. */
const LOOK_FOR_MS = 10_000;
const TIMEOUT_MS = 8_000;

/** The watch of one API. While the database does not answer it has what Temporal alone knows. */
export function createWatching(reads: Orm, health: OrderHealth): Watching {
  const inTime = (asked: Promise<Watch>) => withinDeadline(asked, TIMEOUT_MS);
  const byBoth = shared(LOOK_FOR_MS, () => inTime(watch(health, reads.em.fork())));
  const byTemporal = shared(LOOK_FOR_MS, () => inTime(watch(health, undefined)));
  return () => byBoth().catch(byTemporal);
}
