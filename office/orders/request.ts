import type { EntityManager } from '@mikro-orm/postgresql';
import type { Attention, OrderLine, RequestDetails, SettleOn } from '../../domain/order.ts';
import type { NewEvent } from '../../domain/timeline.ts';
import { isEnded, STAGES } from '../../domain/stages.ts';
import { noteEvents } from './step-record.ts';

/** What is known of an order before anything was decided. */
export interface RequestedOrder extends RequestDetails {
  readonly orderId: string;
  readonly buyerId: string;
  readonly sellerId: string;
  readonly distributorId: string;
  readonly requestDigest: string;
  readonly lines: readonly OrderLine[];
  readonly deliverToSealed: string;
  readonly settleOn: SettleOn;
  readonly requestedAt: string;
}

/**
 * Puts an undecided order on record, so that it can be read (the 202 way), shows attention, or keeps its refusal.
 * An order that is on record already stays as it is.
 */
export async function recordRequested(em: EntityManager, order: RequestedOrder): Promise<void> {
  await em.execute(
    `insert into orders (id, buyer_id, seller_id, distributor_id, stage, request_digest, lines, deliver_to_sealed, settle_on, created_at, request)
     values (?, ?, ?, ?, 'requested', ?, ?::jsonb, ?, ?, ?, ?::jsonb) on conflict (id) do nothing`,
    [
      order.orderId,
      order.buyerId,
      order.sellerId,
      order.distributorId,
      order.requestDigest,
      JSON.stringify(order.lines),
      order.deliverToSealed,
      order.settleOn,
      order.requestedAt,
      JSON.stringify(requestDetails(order)),
    ],
  );
  await noteEvents(em, order.orderId, [requestedEvent(order)]);
}

/** The part of a request that has no column of its own. */
export function requestDetails(order: RequestDetails): RequestDetails {
  const { terminalId, orderDigest, expectedCharge, presentation, payment } = order;
  return { terminalId, orderDigest, expectedCharge, presentation, payment };
}

/** The first event of every order. */
export function requestedEvent(order: RequestedOrder): NewEvent {
  const body = {
    sellerId: order.sellerId,
    distributorId: order.distributorId,
    lines: order.lines,
    settleOn: order.settleOn,
  };
  return { key: 'order_requested', type: 'order_requested', actor: order.buyerId, occurredAt: order.requestedAt, body };
}

/**
 * Shows on the order's row that it needs a person, or no longer does (`null`). The workflow calls it in order. A note that
 * comes after the order has ended is an event only.
 */
export async function recordAttention(
  em: EntityManager,
  orderId: string,
  attention: Attention | null,
  events: readonly NewEvent[],
): Promise<void> {
  await em.execute(
    `update orders set attention = ?::jsonb, updated_at = now() where id = ? and not (stage = any(?::text[]))
       and attention->>'reason' is distinct from 'ReportAfterEnd'`,
    [attention ? JSON.stringify(attention) : null, orderId, `{${STAGES.filter(isEnded).join(',')}}`],
  );
  await noteEvents(em, orderId, events);
}
