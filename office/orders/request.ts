import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../../domain/ids.ts';
import type { OrderLine, RequestDetails, SettleOn } from '../../domain/order.ts';
import type { NewEvent } from '../../domain/timeline.ts';
import { Order } from '../../entities/order.entity.ts';
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
  /** What was settled; before the judgement what the buyer wishes, if anything. */
  readonly settleOn?: SettleOn;
  readonly requestedAt: string;
}

/**
 * Puts an undecided order on record, so that it can be read (the 202 way), shows attention, or keeps its refusal.
 * An order that is on record already stays as it is. One statement, for two may record it at once.
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
      order.settleOn ?? 'delivery',
      order.requestedAt,
      JSON.stringify(requestDetails(order)),
    ],
  );
  await noteEvents(em, order.orderId, [requestedEvent(order)]);
}

/** The part of a request that has no column of its own. */
export function requestDetails(order: RequestDetails): RequestDetails {
  const { terminalId, terminalKey, orderDigest, expectedCharge, presentation, payment, settleOn } = order;
  return { terminalId, terminalKey, orderDigest, expectedCharge, presentation, payment, settleOn };
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
  const order = await em.findOne(Order, { id: orderId }, { disableIdentityMap: true });
  if (!order?.request) return undefined;
  const { buyerId, sellerId, distributorId, requestDigest, deliverToSealed } = order;
  return {
    ...order.request,
    orderId,
    buyerId,
    sellerId,
    distributorId,
    requestDigest,
    lines: order.lines.map(({ sku, quantity }) => ({ sku, quantity })),
    deliverToSealed,
    settleOn: order.stage === 'requested' ? askedSettlementOf(order) : order.settleOn,
    requestedAt: order.createdAt.toISOString(),
  };
}

/** Rows of before sellers had a say in it hold what was asked for in their column alone, where nothing asked for was "delivery". */
function askedSettlementOf({ request, settleOn }: Order): SettleOn | undefined {
  return request?.settleOn ?? (settleOn === 'notice' ? settleOn : undefined);
}
