import type { EntityManager } from '@mikro-orm/postgresql';
import type { Sealer } from '../platform/sealing.ts';
import { eventOf, type EventRow, type TimelineEvent } from './timeline.ts';
import type { WebhookSecrets } from './webhooks.ts';

/** One order’s events on their way to one webhook: delivered one after the other. */
export interface DeliveryLane {
  readonly webhookId: string;
  readonly orderId: string;
}

/** The oldest event of a lane that was not delivered yet, with all that sending it needs. */
export interface DueDelivery {
  readonly id: string;
  readonly url: string;
  readonly secrets: WebhookSecrets;
  readonly orderId: string;
  readonly event: TimelineEvent;
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

interface DueRow extends EventRow {
  delivery_id: string;
  order_id: string;
  url: string;
  secret_sealed: string;
  former_secret_sealed: string | null;
}

/** What is next on a lane; `undefined` when everything was delivered, or the webhook is gone. */
export async function nextDelivery(
  em: EntityManager,
  sealer: Sealer,
  lane: DeliveryLane,
): Promise<DueDelivery | undefined> {
  const [row] = await em.execute<DueRow[]>(
    `select d.id::text as delivery_id, d.order_id, w.url, w.secret_sealed,
       case when w.former_secret_until > now() then w.former_secret_sealed end as former_secret_sealed,
       e.id::text, e.type, e.occurred_at, e.actor, e.recipient, e.body
     from webhook_deliveries d join webhooks w on w.id = d.webhook_id join order_events e on e.id = d.event_id
     where d.webhook_id = ? and d.order_id = ? and d.status = 'pending' order by d.id limit 1`,
    [lane.webhookId, lane.orderId],
  );
  if (!row) return undefined;
  const secret = await sealer.open<string>(row.secret_sealed);
  const former = row.former_secret_sealed === null ? [] : [await sealer.open<string>(row.former_secret_sealed)];
  return {
    id: row.delivery_id,
    url: row.url,
    secrets: [secret, ...former],
    orderId: row.order_id,
    event: eventOf(row),
  };
}

/** Notes how an attempt went; `error` absent: it was delivered. */
export async function noteAttempt(em: EntityManager, deliveryId: string, error?: string): Promise<void> {
  await em.execute(
    `update webhook_deliveries set attempts = attempts + 1, last_error = ?, updated_at = now(),
       status = case when ?::text is null then 'delivered' else status end where id = ?`,
    [error ?? null, error ?? null, deliveryId],
  );
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
    `update webhook_deliveries set status = 'pending', told = false, updated_at = now()
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
