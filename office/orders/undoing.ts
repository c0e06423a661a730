import type { EntityManager } from '@mikro-orm/postgresql';
import type { Orm } from '../../platform/orm.ts';
import type { OrderId } from '../../domain/ids.ts';
import type { Ending } from '../../domain/ending.ts';
import type { CheckStatus } from '../../domain/echeck.ts';
import { isEnded } from '../../domain/stages.ts';
import type { EventType, NewEvent } from '../../domain/timeline.ts';
import { expireHold, voidHold } from '../ledger/holds.ts';
import { decideIn } from './ending.ts';
import { lockStanding, recordStep } from './step-record.ts';
import { raiseUnheardReports } from './reports.ts';
import { recordRequested, type RequestedOrder } from './request.ts';
import { refundWithin } from './refunds.ts';

type EndedOrder = RequestedOrder & { readonly orderId: OrderId };

/**
 * Voids the check and releases its hold, in one transaction. Tolerates: no check yet (leaves the order ended, so that an
 * issue that comes late is refused), a check that was stopped, voided or expired before, and one that was paid already
 * (then the refund is the undo).
 */
export async function voidCheckIfIssued(orm: Orm, order: EndedOrder, ending: Ending): Promise<void> {
  await orm.em.fork().transactional(async (tx) => {
    await recordRequested(tx, order);
    // The order's row first, as every step does it.
    const { ending: decided } = await lockStanding(tx, order.orderId);
    // Where the decision stands on record, it keeps a late issue out by itself, and `closeOrder` ends the order.
    if (!(await voidIn(tx, order, ending)) && !decided) await endOrder(tx, order.orderId, ending);
  });
}

/** `false` when there is no check. */
async function voidIn(tx: EntityManager, order: EndedOrder, ending: Ending): Promise<boolean> {
  const status = await lockCheck(tx, order.orderId);
  const to = status && releasedStatus(status, ending);
  if (!to) return status !== undefined;
  await (to === 'expired' ? expireHold(tx, order.orderId) : voidHold(tx, order.orderId, ending.reason));
  const key = 'check_voided';
  const body = { status: to, reason: ending.reason };
  const event: NewEvent = { key, type: key, actor: 'check-office', recipient: order.buyerId, body };
  await recordStep(tx, {
    orderId: order.orderId,
    check: to,
    paymentStatus: 'voided',
    evenIfDecided: true,
    events: [event],
  });
  return true;
}

/** What an unpaid check becomes; `undefined` when its hold is resolved already. */
function releasedStatus(status: CheckStatus, ending: Ending): CheckStatus | undefined {
  if (status !== 'issued' && status !== 'presented' && status !== 'accepted') return undefined;
  if (ending.stage === 'expired' && status !== 'accepted') return 'expired';
  return ending.stage === 'refunded' && status === 'accepted' ? 'returned' : 'voided';
}

/** Takes the instruction back from the distributor. Tolerates that none was sent, and that it was taken back before. */
export async function cancelDispatchIfInstructed(
  orm: Orm,
  orderId: OrderId,
  parties: { sellerId: string; distributorId: string },
  reason: string,
): Promise<void> {
  await orm.em.fork().transactional((tx) => cancelDispatchIn(tx, orderId, parties, reason));
}

async function cancelDispatchIn(
  tx: EntityManager,
  orderId: OrderId,
  parties: { sellerId: string; distributorId: string },
  reason: string,
): Promise<void> {
  const [instructed] = await tx.execute<{ id: string }[]>(
    `select id from order_events where order_id = ? and key = 'distribution_instructed'`,
    [orderId],
  );
  if (!instructed) return;
  const key = 'dispatch_cancelled';
  const event: NewEvent = {
    key,
    type: key,
    actor: parties.sellerId,
    recipient: parties.distributorId,
    body: { reason },
  };
  await recordStep(tx, { orderId, distributionStatus: 'cancelled', evenIfDecided: true, events: [event] });
}

/**
 * Gives back all that was paid and not given back yet. Tolerates that nothing was paid, and says so. Throws when the ledger
 * says no.
 */
export async function refundIfSettled(
  orm: Orm,
  orderId: OrderId,
  reason: string,
): Promise<'refunded' | 'nothing_paid'> {
  return orm.em.fork().transactional((tx) => refundIn(tx, orderId, reason));
}

async function refundIn(tx: EntityManager, orderId: OrderId, reason: string): Promise<'refunded' | 'nothing_paid'> {
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

/**
 * Writes an early ending on record, also of an order that never got as far as a row, and returns the ending that stands there:
 * the one that was decided first. Idempotent. What is still to be undone is undone here: the worker of an earlier attempt may
 * have died before Temporal was told how far it got, and then the attempt that ends the order knows less than the record.
 */
export function closeOrder(orm: Orm, order: EndedOrder, wanted: Ending): Promise<Closed> {
  return orm.em.fork().transactional((tx) => closeIn(tx, order, wanted));
}

export type Closed = { readonly kind: 'closed'; readonly ending: Ending } | { readonly kind: 'completed' };

/** The same inside the caller's transaction. `completed`: the goods are with the buyer, nothing is undone any more. */
export async function closeIn(tx: EntityManager, order: EndedOrder, wanted: Ending): Promise<Closed> {
  const { orderId } = order;
  const decided = await decideIn(tx, order, wanted);
  if (decided.kind === 'delivered') return { kind: 'completed' };
  const { ending } = decided;
  const { stage } = await lockStanding(tx, orderId);
  if (stage === ending.stage) return { kind: 'closed', ending };
  await cancelDispatchIn(tx, orderId, order, ending.reason);
  await refundIn(tx, orderId, ending.reason);
  await voidIn(tx, order, ending);
  await endOrder(tx, orderId, ending);
  await raiseUnheardReports(tx, order);
  return { kind: 'closed', ending };
}

const ENDING_EVENT: Record<Ending['stage'], EventType> = {
  declined: 'order_declined',
  rejected: 'order_rejected',
  expired: 'order_expired',
  cancelled: 'order_cancelled',
  refunded: 'order_refunded',
};

async function endOrder(tx: EntityManager, orderId: string, ending: Ending): Promise<void> {
  const type = ENDING_EVENT[ending.stage];
  const body = { reason: ending.reason, ...(ending.refusal && { refusal: ending.refusal }) };
  const event: NewEvent = { key: 'order_ended', type, actor: ending.actor, body };
  const { stage, refusal } = ending;
  const recorded = await recordStep(tx, { orderId, stage, refusal, ending, evenIfDecided: true, events: [event] });
  if (!recorded.recorded && !(recorded.stage && isEnded(recorded.stage))) {
    throw new Error(`order ${orderId} cannot move from ${String(recorded.stage)} to ${stage}`);
  }
}

async function lockCheck(tx: EntityManager, orderId: string): Promise<CheckStatus | undefined> {
  const [row] = await tx.execute<{ status: CheckStatus }[]>(
    'select status from echecks where order_id = ? for update',
    [orderId],
  );
  return row?.status;
}
