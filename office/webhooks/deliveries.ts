import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { DeliveryQueue, DeliveryStatus } from '../../domain/webhooks.ts';
import { kyselyOf } from '../../entities/database.ts';

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

const MOST_LISTED = 100;

/** The newest deliveries of a webhook, at most 100. */
export async function listDeliveries(
  em: EntityManager,
  webhookId: string,
  status?: DeliveryStatus,
): Promise<DeliveryView[]> {
  const all = kyselyOf(em)
    .selectFrom('DeliveryWithEvent')
    .select(['id', 'orderId', 'eventId', 'type', 'status', 'attempts', 'lastError', 'updatedAt'])
    .where('webhookId', '=', webhookId);
  const wanted = status ? all.where('status', '=', status) : all;
  const rows = await wanted.orderBy('id', 'desc').limit(MOST_LISTED).execute();
  return rows.map((row) => ({
    ...row,
    id: String(row.id),
    eventId: String(row.eventId),
    updatedAt: row.updatedAt.toISOString(),
  }));
}

/** Puts a delivery back in its queue; `undefined` when the webhook has no such delivery. */
export async function requeueDelivery(
  em: EntityManager,
  webhookId: string,
  deliveryId: bigint,
): Promise<DeliveryQueue | undefined> {
  const requeued = await kyselyOf(em)
    .updateTable('WebhookDelivery')
    .set({ status: 'pending', signalled: false, dueAt: sql`now()`, failingSince: null, updatedAt: sql`now()` })
    .where('id', '=', deliveryId)
    .where('webhookId', '=', webhookId)
    .returning('orderId')
    .executeTakeFirst();
  return requeued && { webhookId, orderId: requeued.orderId };
}
