import type { EntityManager } from '@mikro-orm/postgresql';
import type { DeliveryQueue, DeliveryStatus } from '../../domain/webhooks.ts';

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

/** Puts a delivery back in its queue; `undefined` when the webhook has no such delivery. */
export async function requeueDelivery(
  em: EntityManager,
  webhookId: string,
  deliveryId: string,
): Promise<DeliveryQueue | undefined> {
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
