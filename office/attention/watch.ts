import type { EntityManager } from '@mikro-orm/postgresql';
import { ATTENTION_REASONS, reasonKind, WORKFLOW_STEP, type AttentionReason } from '../../domain/attention-reasons.ts';
import { troublesOf, type OrderHealth, type TaskQueueHealth } from '../../platform/order-health/health.ts';
import { ordersNeedingAttention, type OrderNeedingAttention } from './list.ts';

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
}

/** Looks after queues and orders. Without `books` it finds what Temporal alone knows. */
export async function watch(health: OrderHealth, books: EntityManager | undefined): Promise<Watch> {
  const at = new Date();
  const [queues, orders] = await Promise.all([health.queues(), ordersNeedingAttention(health, books)]);
  return { at, queues, orders, troubles: [...queues.flatMap(troublesOf), ...troublesOfOrders(orders)] };
}

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
