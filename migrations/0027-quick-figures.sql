-- How many orders ended in a period: one small entry an order.
create index "order_events_endings_index" on "order_events" ("occurred_at")
  where type in ('order_completed', 'order_declined', 'order_rejected', 'order_expired', 'order_cancelled', 'order_refunded');

-- As before; whether the payment is indicated is looked up order by order, and only where it counts: no plan reads all events for it.
drop view "waiting_orders";
create view "waiting_orders" as
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
    or o.stage = 'delivered' and o.payment_demand = 'own' and o.payment_status = 'held');

grant select on waiting_orders to countersign_app;
