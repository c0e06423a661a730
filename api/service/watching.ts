import type { Logger } from 'pino';
import { watch, type Watch } from '../../office/attention/index.ts';
import { shared } from '../../platform/order-health/shared.ts';
import type { OrderHealth } from '../../platform/order-health/health.ts';
import type { Orm } from '../../platform/orm.ts';

/** Looks after queues and orders; throws while Temporal cannot be asked. Readiness, metrics, orders and desks share one look. */
export type Watching = () => Promise<Watch>;

/** A look costs Temporal and the database some questions, whoever asks. */
const LOOK_FOR_MS = 10_000;

/** The watch of one API. While the database does not answer it has what Temporal alone knows. */
export function createWatching(reads: Orm, health: OrderHealth, logger: Pick<Logger, 'warn'>): Watching {
  return shared(LOOK_FOR_MS, async () => {
    const seen = await watch(health, reads.em.fork());
    if (seen.booksError !== undefined)
      logger.warn({ err: seen.booksError }, 'the database cannot be asked which orders need a person');
    return seen;
  });
}
