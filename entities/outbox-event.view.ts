import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { OrderId } from '../domain/ids.ts';
import { STAGES } from '../domain/order.ts';
import type { EventType } from '../domain/timeline.ts';

/** An event with the parties whom it concerns. `last`: its order has ended, and this is that order's last event. */
export const OutboxEvent = defineEntity({
  name: 'OutboxEvent',
  tableName: 'outbox_events',
  view: true,
  expression: `
    select e.id, e.order_id, e.type, e.occurred_at, e.actor, e.recipient, e.body, o.buyer_id, o.seller_id, o.distributor_id, o.stage,
      o.stage in ('completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded') and not (exists (select 1
        from order_events later where later.order_id = e.order_id and later.id > e.id)) as last,
      (select p.id from order_events p where p.order_id = e.order_id and p.key = 'check_presented') as seller_from,
      (select i.id from order_events i where i.order_id = e.order_id and i.key = 'distribution_instructed') as distributor_from,
      case when o.stage in ('completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded')
        then coalesce((select max(d.occurred_at) from order_events d where d.order_id = e.order_id and d.key in ('order_completed', 'order_ended')),
          o.updated_at) else null end as ended_at
    from order_events e
      join orders o on o.id = e.order_id`,
  properties: {
    id: p.bigint('bigint').primary(),
    orderId: p.text().$type<OrderId>(),
    type: p.text().$type<EventType>(),
    occurredAt: p.datetime(),
    actor: p.text(),
    recipient: p.text().nullable(),
    body: p.json<Record<string, unknown>>(),
    buyerId: p.text(),
    sellerId: p.text(),
    distributorId: p.text(),
    stage: p.enum(STAGES),
    last: p.boolean(),
    /** The event from which on the order exists for its seller, and for its distributor (`EXISTS_FROM`). */
    sellerFrom: p.bigint('bigint').nullable(),
    distributorFrom: p.bigint('bigint').nullable(),
    endedAt: p.datetime().nullable(),
  },
});
export type OutboxEvent = InferEntity<typeof OutboxEvent>;
