import type { EntityManager } from '@mikro-orm/postgresql';
import { parseOrderId, type OrderId } from '../../domain/ids.ts';
import type { OrderLine, RequestDetails, SettleOn } from '../../domain/order.ts';
import type { NewEvent } from '../../domain/timeline.ts';
import { noteEvents } from './step-record.ts';

/** What is known of an order before anything was decided. */
export interface RequestedOrder extends RequestDetails {
  readonly orderId: OrderId;
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
 * The request of an order as its row keeps it: what its workflow was started with, so that a lost one can be started again.
 * `undefined` when the order is not on record, or was recorded before requests were kept.
 */
export async function readRequest(em: EntityManager, orderId: OrderId): Promise<RequestedOrder | undefined> {
  const [row] = await em.execute<RequestRow[]>(
    `select id, buyer_id, seller_id, distributor_id, request_digest, lines, deliver_to_sealed, settle_on, created_at, request
     from orders where id = ?`,
    [orderId],
  );
  const id = row && parseOrderId(row.id);
  if (!id || !row.request) return undefined;
  return {
    ...row.request,
    orderId: id,
    buyerId: row.buyer_id,
    sellerId: row.seller_id,
    distributorId: row.distributor_id,
    requestDigest: row.request_digest,
    lines: row.lines.map(({ sku, quantity }) => ({ sku, quantity })),
    deliverToSealed: row.deliver_to_sealed,
    settleOn: row.settle_on,
    requestedAt: new Date(row.created_at).toISOString(),
  };
}

interface RequestRow {
  id: string;
  buyer_id: string;
  seller_id: string;
  distributor_id: string;
  request_digest: string;
  lines: OrderLine[];
  deliver_to_sealed: string;
  settle_on: SettleOn;
  created_at: string | Date;
  request: RequestDetails | null;
}
