import type { EntityManager } from '@mikro-orm/postgresql';
import { parseOrderId, type OrderId } from '../../domain/ids.ts';
import type { OrderLine, RequestDetails, SettleOn } from '../../domain/order.ts';
import type { RequestedOrder } from './request.ts';

type Request = RequestedOrder & { readonly orderId: OrderId };

/**
 * The request of an order as its row keeps it: what its workflow was started with, so that a lost one can be started again.
 * `undefined` when the order is not on record, or was recorded before requests were kept.
 */
export async function readRequest(em: EntityManager, orderId: OrderId): Promise<Request | undefined> {
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
