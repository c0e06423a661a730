-- Since when an order exists for its seller and its distributor, and since when it has ended, follows from its events, which are
-- kept permanently and written by every release: an order is what it was, also for those that ended long ago
-- (domain/need-to-know.ts; entities/*.view.ts say the same).

create or replace view "orders_with_checks" as
  select o.id, o.buyer_id, o.seller_id, o.distributor_id, o.stage, o.attention, o.refusal, o.ending, o.request_digest, o.lines,
    o.charge_amount, o.currency, o.deliver_to_sealed, o.settle_on, o.deliver_at, o.distribution_status, o.payment_status,
    o.settled_amount, o.refunded_amount, o.created_at, o.updated_at,
    to_char(o.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at_micros,
    c.number as check_number, c.status as check_status, c.expires_at as check_expires_at, c.jws as check_jws,
    (select p.occurred_at from order_events p where p.order_id = o.id and p.key = 'check_presented') as presented_at,
    (select i.occurred_at from order_events i where i.order_id = o.id and i.key = 'distribution_instructed') as instructed_at,
    case when o.stage in ('completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded')
      then coalesce((select max(d.occurred_at) from order_events d where d.order_id = o.id and d.key in ('order_completed', 'order_ended')),
        o.updated_at) else null end as ended_at
  from orders o
    left join echecks c on c.order_id = o.id;

create or replace view "outbox_events" as
  select e.id, e.order_id, e.type, e.occurred_at, e.actor, e.recipient, e.body, o.buyer_id, o.seller_id, o.distributor_id, o.stage,
    o.stage in ('completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded') and not (exists (select 1
      from order_events later where later.order_id = e.order_id and later.id > e.id)) as last,
    (select p.id from order_events p where p.order_id = e.order_id and p.key = 'check_presented') as seller_from,
    (select i.id from order_events i where i.order_id = e.order_id and i.key = 'distribution_instructed') as distributor_from,
    case when o.stage in ('completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded')
      then coalesce((select max(d.occurred_at) from order_events d where d.order_id = e.order_id and d.key in ('order_completed', 'order_ended')),
        o.updated_at) else null end as ended_at
  from order_events e
    join orders o on o.id = e.order_id;

create or replace view "deliveries_with_events" as
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
    join orders o on o.id = e.order_id;

create or replace view "waiting_orders" as
  select o.id, o.stage, o.deliver_at, paid.indicated as payment_indicated,
    case when o.stage = 'presented' then o.seller_id
      when o.stage = 'check_issued' or o.stage = 'accepted' and not paid.indicated then o.buyer_id
      else o.distributor_id end as waiting_for,
    coalesce((select max(e.occurred_at) from order_events e where e.order_id = o.id
      and e.type <> all (array['attention_raised', 'attention_cleared', 'intervention_made', 'address_read'])), o.created_at) as since
  from orders o
    cross join lateral (select (exists (select 1 from order_events e
      where e.order_id = o.id and e.key = 'payment_indicated')) as indicated) paid
  where o.attention is null and o.stage in ('check_issued', 'presented', 'accepted', 'scheduled', 'in_distribution');
