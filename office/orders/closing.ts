import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import type { CheckStatus } from '../../domain/echeck.ts';
import { decidedAs, endingFrom, type Decided, type Ending, isEnded, type Stage } from '../../domain/order.ts';
import type { OrderId } from '../../domain/ids.ts';
import type { EventType, NewEvent } from '../../domain/timeline.ts';
import { ECheck } from '../../entities/echeck.entity.ts';
import { OrderEvent } from '../../entities/order-event.entity.ts';
import { expireHold, voidHold } from '../ledger/index.ts';
import { refundWithin } from './refunds.ts';
import { raiseReportsAfterEnd } from './reports.ts';
import { recordRequested, type RequestedOrder } from './request.ts';
import { lockOrderState, recordStep } from './step-record.ts';

/*
 * How an order ends early, inside the caller's transaction. The steps of a running order do it one by one (activities/undo.ts);
 * an operator's abort does all of it at once, from the order's row.
 */

/** What is on record of how an order goes on: it ends early, or its goods are with the buyer and it only goes forward. */
export type Decision = Decided | { readonly kind: 'delivered' };

/**
 * Puts the decision to end an order early on record, before anything is undone, and returns the decision on record.
 * The first one counts: another ending, or the delivery, that was recorded before is the answer to everybody who comes later.
 * The order's row stays locked until the transaction ends.
 */
export async function decideEnding(tx: EntityManager, order: RequestedOrder, wanted: Ending): Promise<Decision> {
  return (await decide(tx, order, wanted)).decision;
}

async function decide(
  tx: EntityManager,
  order: RequestedOrder,
  wanted: Ending,
): Promise<{ stage: Stage; decision: Decision }> {
  const { orderId } = order;
  await recordRequested(tx, order);
  const { stage, ending: onRecord, paid } = await lockOrderState(tx, orderId);
  if (!stage) throw new Error(`order ${orderId} is not on record`);
  if (onRecord) return { stage, decision: decidedAs(onRecord) };
  if (stage === 'delivered' || stage === 'completed') return { stage, decision: { kind: 'delivered' } };
  const ending = endingFrom(stage, wanted, paid);
  // The lock makes this a plain update by key: nobody else decides meanwhile.
  await tx.execute('update orders set ending = ?::jsonb, updated_at = now() where id = ?', [
    JSON.stringify(ending),
    orderId,
  ]);
  return { stage, decision: decidedAs(ending) };
}

/** `completed`: the goods are with the buyer, nothing is undone any more. */
export type Closed = { readonly kind: 'closed'; readonly ending: Ending } | { readonly kind: 'completed' };

/**
 * Writes an early ending on record, also of an order that never got as far as a row, and returns the ending on record:
 * the one that was decided first. Idempotent. What is still to be undone is undone here: the worker of an earlier attempt may
 * have died before Temporal knew how far it got, and then the attempt that ends the order knows less than the record.
 */
export async function closeOrder(tx: EntityManager, order: RequestedOrder, wanted: Ending): Promise<Closed> {
  const { stage, decision } = await decide(tx, order, wanted);
  if (decision.kind === 'delivered') return { kind: 'completed' };
  const { ending } = decision;
  if (stage === ending.stage) return { kind: 'closed', ending };
  await cancelDispatch(tx, order, ending.reason);
  await refundPayment(tx, order.orderId, ending.reason);
  await releaseCheck(tx, order, ending);
  await endOrder(tx, order.orderId, ending);
  await raiseReportsAfterEnd(tx, order);
  return { kind: 'closed', ending };
}

/**
 * Voids the order's check and releases its hold. Tolerates that it was stopped, voided, expired or paid before. `false` when
 * there is no check.
 */
export async function releaseCheck(tx: EntityManager, order: RequestedOrder, ending: Ending): Promise<boolean> {
  const { orderId, buyerId } = order;
  const lock = { fields: ['status'], lockMode: LockMode.PESSIMISTIC_WRITE, disableIdentityMap: true } as const;
  const check = await tx.findOne(ECheck, { orderId }, lock);
  const to = check && releasedStatus(check.status, ending);
  if (!to) return check !== null;
  await (to === 'expired' ? expireHold(tx, orderId) : voidHold(tx, orderId, ending.reason));
  const key = 'check_voided';
  const body = { status: to, reason: ending.reason };
  const event: NewEvent = { key, type: key, actor: 'check-office', recipient: buyerId, body };
  await recordStep(tx, { orderId, check: to, paymentStatus: 'voided', evenIfDecided: true, events: [event] });
  return true;
}

/** What an unpaid check becomes; `undefined` when its hold is resolved already. */
function releasedStatus(status: CheckStatus, ending: Ending): CheckStatus | undefined {
  if (status !== 'issued' && status !== 'presented' && status !== 'accepted') return undefined;
  if (ending.stage === 'expired' && status !== 'accepted') return 'expired';
  return ending.stage === 'refunded' && status === 'accepted' ? 'returned' : 'voided';
}

/** Takes the instruction back from the distributor. Tolerates that none was sent, and that it was taken back before. */
export async function cancelDispatch(
  tx: EntityManager,
  { orderId, sellerId, distributorId }: RequestedOrder,
  reason: string,
): Promise<void> {
  if ((await tx.count(OrderEvent, { orderId, key: 'distribution_instructed' })) === 0) return;
  const key = 'dispatch_cancelled';
  const event: NewEvent = { key, type: key, actor: sellerId, recipient: distributorId, body: { reason } };
  await recordStep(tx, { orderId, distributionStatus: 'cancelled', evenIfDecided: true, events: [event] });
}

/**
 * Gives back all that was paid and not given back yet. Tolerates that nothing was paid, and says so. Throws when the ledger
 * says no.
 */
export async function refundPayment(
  tx: EntityManager,
  orderId: OrderId,
  reason: string,
): Promise<'refunded' | 'nothing_paid'> {
  // Locked as every step locks the order's row: `for no key update` lets rows that refer to it be written meanwhile.
  const [order] = await tx.execute<{ settled: string; refunded: string }[]>(
    'select settled_amount as settled, refunded_amount as refunded from orders where id = ? for no key update',
    [orderId],
  );
  if (!order || BigInt(order.settled) === 0n) return 'nothing_paid';
  if (order.settled === order.refunded) return 'refunded';
  const outcome = await refundWithin(tx, { orderId, reason, actor: 'service', key: 'undo' });
  if (!outcome.ok) throw new Error(`order ${orderId} is not refunded: ${outcome.detail}`);
  return 'refunded';
}

const ENDING_EVENT: Record<Ending['stage'], EventType> = {
  declined: 'order_declined',
  rejected: 'order_rejected',
  expired: 'order_expired',
  cancelled: 'order_cancelled',
  refunded: 'order_refunded',
};

/** Moves the order to its early ending. Tolerates that it has ended before; throws when it is past any early ending. */
export async function endOrder(tx: EntityManager, orderId: OrderId, ending: Ending): Promise<void> {
  const { stage, refusal, reason, actor } = ending;
  const body = { reason, ...(refusal && { refusal }) };
  const event: NewEvent = { key: 'order_ended', type: ENDING_EVENT[stage], actor, body };
  const recorded = await recordStep(tx, { orderId, stage, refusal, ending, evenIfDecided: true, events: [event] });
  if (!recorded.recorded && !(recorded.stage && isEnded(recorded.stage))) {
    throw new Error(`order ${orderId} cannot move from ${String(recorded.stage)} to ${stage}`);
  }
}
