import type { EntityManager } from '@mikro-orm/postgresql';
import { ATTENTION_REASONS, reasonKind, WORKFLOW_STEP, type AttentionReason } from '../../domain/attention-reasons.ts';
import { withinDeadline } from '../../platform/deadline.ts';
import { troublesOf, type OrderHealth, type TaskQueueHealth } from '../../platform/order-health/health.ts';
import { awaitAll } from '../../platform/order-health/shared.ts';
import { ordersAmong, type OrderNeedingAttention } from './list.ts';

/** Everything that keeps orders from going on, by what database and Temporal say: no worker has to run for it. */
export interface Watch {
  /** When the look began: what has moved since is not what it says. */
  readonly at: Date;
  /** Who reads the queues, that of the orders first. */
  readonly queues: readonly TaskQueueHealth[];
  /** Every order that needs a person, the longest first. */
  readonly orders: readonly OrderNeedingAttention[];
  /** What concerns more than one order, or orders whose own code cannot say it: sentences without their full stop. */
  readonly troubles: readonly string[];
  /** Why the books could not be asked; absent when they were. `orders` are then those that Temporal alone knows of. */
  readonly booksError?: unknown;
}

/* Counted from the beginning of a look. Whoever scrapes metrics waits for 10 seconds at most, and the books have 4 for a statement. */
const TEMPORAL_UNTIL_MS = 4_000;
const BOOKS_UNTIL_MS = 5_500;
const WHOLE_UNTIL_MS = 6_500;

/**
 * Looks after queues and orders. While the books do not answer in time it finds what Temporal alone knows, and says so. Throws when
 * Temporal does not answer in time.
 */
export async function watch(health: OrderHealth, books: EntityManager): Promise<Watch> {
  const at = new Date();
  const until = <Answer>(asked: Promise<Answer>, untilMs: number) =>
    withinDeadline(asked, at.getTime() + untilMs - Date.now());
  const [queues, findings] = await until(awaitAll([health.queues(), health.findings()]), TEMPORAL_UNTIL_MS);
  const ofQueues = queues.flatMap(troublesOf);
  try {
    const orders = await until(ordersAmong(health, findings, books), BOOKS_UNTIL_MS);
    return { at, queues, orders, troubles: [...ofQueues, ...troublesOfOrders(orders)] };
  } catch (booksError) {
    const orders = await until(ordersAmong(health, findings, undefined), WHOLE_UNTIL_MS);
    return { at, queues, orders, troubles: [WITHOUT_BOOKS, ...ofQueues, ...troublesOfOrders(orders)], booksError };
  }
}

const WITHOUT_BOOKS =
  'the database could not be asked: orders of which it alone knows that they stand still are not found';

/** Their queue says these already. */
const OF_A_QUEUE: readonly AttentionReason[] = ['NoWorker', 'NoCurrentVersion', 'NoWorkerOfVersion'];

/** What the workflows cannot say themselves, counted by reason and cause. */
function troublesOfOrders(orders: readonly OrderNeedingAttention[]): string[] {
  const counts = new Map<string, number>();
  for (const { attention, cause } of orders) {
    const kind = reasonKind(attention.reason);
    if (attention.step !== WORKFLOW_STEP || OF_A_QUEUE.includes(kind)) continue;
    const what = `${kind}${cause === undefined ? '' : ` (${cause})`}: ${ATTENTION_REASONS[kind].meaning}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => `${count === 1 ? '1 order' : `${count} orders`}: ${what}`);
}
