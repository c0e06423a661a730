import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { OrderId } from '../domain/ids.ts';
import type { Stage } from '../domain/order.ts';

/**
 * An order that waits for one of its parties and needs nobody else: for whom follows from its stage and from what is on record.
 * Notes for people do not end a wait. Whether the payment is indicated is looked up order by order: no plan reads all events for it.
 */
export const WaitingOrder = defineEntity({
  name: 'WaitingOrder',
  tableName: 'waiting_orders',
  view: true,
  expression: `
    select o.id, o.stage, o.deliver_at, paid.indicated as payment_indicated,
      case when o.stage in ('presented', 'delivered') then o.seller_id
        when o.stage = 'check_issued' or o.stage = 'accepted' and not paid.indicated then o.buyer_id
        else o.distributor_id end as waiting_for,
      coalesce((select max(e.occurred_at) from order_events e where e.order_id = o.id
        and e.type <> all (array['attention_raised', 'attention_cleared', 'intervention_made', 'address_read'])), o.created_at) as since
    from orders o
      cross join lateral (select o.stage = 'accepted' and (select true from order_events e
        where e.order_id = o.id and e.key = 'payment_indicated') is not null as indicated) paid
    where o.attention is null and (o.stage in ('check_issued', 'presented', 'accepted', 'scheduled', 'in_distribution')
      or o.stage = 'delivered' and o.payment_demand = 'own' and o.payment_status = 'held')`,
  properties: {
    id: p.text().$type<OrderId>().primary(),
    stage: p
      .text()
      .$type<
        Extract<Stage, 'check_issued' | 'presented' | 'accepted' | 'scheduled' | 'in_distribution' | 'delivered'>
      >(),
    deliverAt: p.datetime().nullable(),
    paymentIndicated: p.boolean(),
    /** A party's id. */
    waitingFor: p.text(),
    since: p.datetime(),
  },
});
export type WaitingOrder = InferEntity<typeof WaitingOrder>;
