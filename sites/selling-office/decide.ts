import { LockMode } from '@mikro-orm/postgresql';
import type { Deps } from './deps.ts';
import { Order } from './entities/order.entity.ts';
import { addErrand } from './outbox/errands.ts';
import { release } from './stock.ts';

export type ByHand = { readonly promised: true } | { readonly promised: false; readonly reason: string };

/**
 * The shop's people decide on an order that waits for them; the office is told through its API. Returns `false` when there was
 * nothing to decide.
 */
export async function decideByHand(deps: Deps, orderId: string, decision: ByHand): Promise<boolean> {
  const now = deps.clock();
  const decided = await deps.orm.em.fork().transactional(async (tx) => {
    const order = await tx.findOne(Order, { id: orderId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (order?.decision !== 'waiting' || order.endedAt) return false;
    order.decision = decision.promised ? 'promised' : 'refused';
    if (!decision.promised) {
      order.reason = decision.reason;
      await release(tx, order);
    }
    await addErrand(tx, 'decision', orderId, now);
    return true;
  });
  deps.wake();
  return decided;
}
