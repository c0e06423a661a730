import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { ROLES } from '../domain/party.ts';
import type { EventType } from '../domain/timeline.ts';
import { DELIVERY_STATUSES } from '../domain/webhooks.ts';

/** A delivery with its event and its webhook: all that sending it needs, and what may forbid it just now. */
export const DeliveryWithEvent = defineEntity({
  name: 'DeliveryWithEvent',
  tableName: 'deliveries_with_events',
  view: true,
  expression: `
    select d.id, d.webhook_id, d.order_id, d.status, d.attempts, d.last_error, d.updated_at, d.due_at > now() as early, w.url, w.secret_sealed,
      case when w.former_secret_until > now() then w.former_secret_sealed else null end as former_secret_sealed,
      w.disabled_at is not null as disabled, w.retry_at is not null as breaker_open,
      (ceil(coalesce(extract(epoch from w.retry_at - now()), 0) * 1000))::integer as wait_ms,
      e.id as event_id, e.type, e.occurred_at, e.actor, e.recipient, e.body, w.role,
      o.buyer_id, o.seller_id, o.distributor_id,
      case w.role
        when 'seller' then (exists (select 1 from order_events p where p.order_id = e.order_id and p.key = 'check_presented' and p.id <= e.id))
        when 'distributor' then (exists (select 1 from order_events i
          where i.order_id = e.order_id and i.key = 'distribution_instructed' and i.id <= e.id))
        else true end as known,
      case when o.stage in ('completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded')
        then coalesce((select max(t.occurred_at) from order_events t where t.order_id = e.order_id and t.key in ('order_completed', 'order_ended')),
          o.updated_at) else null end as ended_at
    from webhook_deliveries d
      join webhooks w on w.id = d.webhook_id
      join order_events e on e.id = d.event_id
      join orders o on o.id = e.order_id`,
  properties: {
    id: p.bigint('bigint').primary(),
    webhookId: p.text(),
    orderId: p.text(),
    status: p.enum(DELIVERY_STATUSES),
    attempts: p.integer(),
    lastError: p.text().nullable(),
    updatedAt: p.datetime(),
    /** It is not due yet. */
    early: p.boolean(),
    url: p.text(),
    secretSealed: p.text(),
    /** After a rotation, for as long as the former secret signs as well. */
    formerSecretSealed: p.text().nullable(),
    disabled: p.boolean(),
    breakerOpen: p.boolean(),
    /** Until the receiver behind an open breaker is tried; negative when that time is over. */
    waitMs: p.integer(),
    eventId: p.bigint('bigint'),
    type: p.text().$type<EventType>(),
    occurredAt: p.datetime(),
    actor: p.text(),
    recipient: p.text().nullable(),
    body: p.json<Record<string, unknown>>(),
    /** Of the webhook's party. */
    role: p.enum(ROLES),
    buyerId: p.text(),
    sellerId: p.text(),
    distributorId: p.text(),
    /** When it happened, the order existed for that party (`EXISTS_FROM`). */
    known: p.boolean(),
    endedAt: p.datetime().nullable(),
  },
});
export type DeliveryWithEvent = InferEntity<typeof DeliveryWithEvent>;
