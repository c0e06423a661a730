import type { EntityManager } from '@mikro-orm/postgresql';
import type { MessageOf } from '../../../client/site.ts';
import type { Deps } from '../deps.ts';
import type { Order } from '../entities/order.entity.ts';
import { lockOrder } from '../orders.ts';
import { closeErrand, noteDemand } from '../outbox/errands.ts';
import { handOver, release } from '../stock.ts';

/* What the office tells the shop of an order. Each is noted once; a notice of an order that the shop does not know is kept. */

/** Claim 4: the buyer pays the charge by this check. Where the order is settled at the notice, the shop demands now (claim 5). */
export function notePaymentIndication(deps: Deps, { orderId }: MessageOf<'payment_indicated'>): Promise<void> {
  return noting(deps, orderId, async (tx, order, now) => {
    if (order.indicatedAt) return;
    order.indicatedAt = now;
    await goesOn(tx, order, now);
    await noteDemand(tx, order, now);
  });
}

/** Claim 12: the goods have arrived. They have left the stock, and the payment is due. */
export function noteCompletion(deps: Deps, { orderId, body }: MessageOf<'completed'>): Promise<void> {
  return noting(deps, orderId, async (tx, order, now) => {
    if (order.deliveredAt) return;
    order.deliveredAt = new Date(body.deliveredAt);
    await goesOn(tx, order, now);
    await handOver(tx, order);
    await noteDemand(tx, order, now);
  });
}

/** The demand was paid. What differs from the charge shows on the page: the shop's people look after it. */
export function notePayment(deps: Deps, { orderId, body }: MessageOf<'paid'>): Promise<void> {
  return noting(deps, orderId, async (tx, order, now) => {
    if (order.paidAt) return;
    order.paidAt = now;
    order.paidAmount = body.amount.amount;
    await closeErrand(tx, 'demand', orderId, { now, note: 'paid' });
  });
}

/** The order has ended early: what was reserved for it may be sold to others, and there is nothing to demand. */
export function noteEnding(deps: Deps, { orderId, body }: MessageOf<'ended'>): Promise<void> {
  return noting(deps, orderId, async (tx, order, now) => {
    if (order.endedAt) return;
    order.endedAt = now;
    order.ending = `${body.stage}: ${body.reason}`;
    await release(tx, order);
    for (const kind of ['demand', 'decision'] as const)
      await closeErrand(tx, kind, orderId, { now, note: `the order has ended: ${body.stage}` });
  });
}

type Note = (tx: EntityManager, order: Order, now: Date) => Promise<void>;

function noting({ orm, clock }: Deps, orderId: string, note: Note): Promise<void> {
  return orm.em.fork().transactional(async (tx) => {
    await note(tx, await lockOrder(tx, orderId), clock());
  });
}

/** These notices follow an acceptance. Where the shop's people were still to decide, they have done so elsewhere. */
async function goesOn(tx: EntityManager, order: Order, now: Date): Promise<void> {
  if (order.decision === 'waiting') order.decision = 'promised';
  await closeErrand(tx, 'decision', order.id, { now, note: 'the order goes on' });
}
