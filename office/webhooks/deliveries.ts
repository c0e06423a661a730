import type { EntityManager } from '@mikro-orm/postgresql';

/** One order's events on their way to one webhook: delivered one after the other. */
export interface DeliveryLane {
  readonly webhookId: string;
  readonly orderId: string;
}

export type DeliveryStatus = 'pending' | 'delivered' | 'dead';

/** A delivery as its party sees it. */
export interface DeliveryView {
  readonly id: string;
  readonly orderId: string;
  readonly eventId: string;
  readonly type: string;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly updatedAt: string;
}

/** Gives up the oldest pending delivery of a lane: it is shown as dead until somebody has it resent. */
export async function buryDelivery(em: EntityManager, lane: DeliveryLane): Promise<void> {
  await em.execute(
    `update webhook_deliveries set status = 'dead', updated_at = now() where id = (select id from webhook_deliveries
       where webhook_id = ? and order_id = ? and status = 'pending' order by id limit 1)`,
    [lane.webhookId, lane.orderId],
  );
}

/** The newest deliveries of a webhook, at most 100. */
export async function listDeliveries(
  em: EntityManager,
  webhookId: string,
  status?: DeliveryStatus,
): Promise<DeliveryView[]> {
  const rows = await em.execute<DeliveryRow[]>(
    `select d.id::text, d.order_id, d.event_id::text, e.type, d.status, d.attempts, d.last_error, d.updated_at
     from webhook_deliveries d join order_events e on e.id = d.event_id
     where d.webhook_id = ? and d.status = coalesce(?::text, d.status) order by d.id desc limit 100`,
    [webhookId, status ?? null],
  );
  return rows.map(deliveryOf);
}

/** Puts a delivery back on its lane; `undefined` when the webhook has no such delivery. */
export async function requeueDelivery(
  em: EntityManager,
  webhookId: string,
  deliveryId: string,
): Promise<DeliveryLane | undefined> {
  const [row] = await em.execute<{ order_id: string }[]>(
    `update webhook_deliveries set status = 'pending', told = false, due_at = now(), failing_since = null, updated_at = now()
     where id = ? and webhook_id = ? returning order_id`,
    [deliveryId, webhookId],
  );
  return row && { webhookId, orderId: row.order_id };
}

interface DeliveryRow {
  id: string;
  order_id: string;
  event_id: string;
  type: string;
  status: DeliveryStatus;
  attempts: number;
  last_error: string | null;
  updated_at: string | Date;
}

function deliveryOf(row: DeliveryRow): DeliveryView {
  const { id, order_id: orderId, event_id: eventId, type, status, attempts, last_error: lastError } = row;
  return { id, orderId, eventId, type, status, attempts, lastError, updatedAt: new Date(row.updated_at).toISOString() };
}
