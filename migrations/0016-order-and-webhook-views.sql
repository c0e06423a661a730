-- What orders, the outbox and webhooks are read as: joins and formulas, named once (entities/*.view.ts say the same).

create view "orders_with_checks" as
  select o.id, o.buyer_id, o.seller_id, o.distributor_id, o.stage, o.attention, o.refusal, o.ending, o.request_digest, o.lines,
    o.charge_amount, o.currency, o.deliver_to_sealed, o.settle_on, o.deliver_at, o.distribution_status, o.payment_status,
    o.settled_amount, o.refunded_amount, o.created_at, o.updated_at,
    to_char(o.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at_micros,
    c.number as check_number, c.status as check_status, c.expires_at as check_expires_at, c.jws as check_jws
  from orders o
    left join echecks c on c.order_id = o.id;

create view "outbox_events" as
  select e.id, e.order_id, e.type, e.occurred_at, e.actor, e.recipient, e.body, o.buyer_id, o.seller_id, o.distributor_id, o.stage,
    o.stage in ('completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded') and not (exists (select 1
      from order_events later where later.order_id = e.order_id and later.id > e.id)) as last
  from order_events e
    join orders o on o.id = e.order_id;

create view "webhook_states" as
  select w.id, w.party_id, w.role, w.url, w.types, w.created_at,
    ((extract(epoch from w.created_at) * 1000000))::bigint as created_at_micros,
    case when w.disabled_at is not null then 'disabled' when w.failing_since is not null then 'failing' else 'active' end as status,
    w.failures, w.failing_since, w.last_error, w.retry_at, w.disabled_at, w.disabled_reason,
    (select count(*) from (select d.id from webhook_deliveries d
      where d.webhook_id = w.id and d.status = 'pending' limit 1000) few) as pending
  from webhooks w;

create view "webhook_backlogs" as
  with pending as (
    select webhook_id, count(*) as deliveries, min(id) as oldest from webhook_deliveries where status = 'pending' group by webhook_id
  ), summed as (
    select w.status, count(*) as webhooks, count(*) filter (where w.disabled_at is null and w.retry_at is not null) as open_breakers,
      coalesce(sum(p.deliveries), 0) as pending, min(p.oldest) as oldest
    from webhook_states w
      left join pending p on p.webhook_id = w.id
    group by w.status
  )
  select s.status, s.webhooks, s.open_breakers, s.pending,
    coalesce(extract(epoch from now() - d.created_at), 0) as oldest_seconds
  from summed s
    left join webhook_deliveries d on d.id = s.oldest;

create view "deliveries_with_events" as
  select d.id, d.webhook_id, d.order_id, d.status, d.attempts, d.last_error, d.updated_at, d.due_at > now() as early, w.url, w.secret_sealed,
    case when w.former_secret_until > now() then w.former_secret_sealed else null end as former_secret_sealed,
    w.disabled_at is not null as disabled, w.retry_at is not null as breaker_open,
    (ceil(coalesce(extract(epoch from w.retry_at - now()), 0) * 1000))::integer as wait_ms,
    e.id as event_id, e.type, e.occurred_at, e.actor, e.recipient, e.body
  from webhook_deliveries d
    join webhooks w on w.id = d.webhook_id
    join order_events e on e.id = d.event_id;

create view "waiting_orders" as
  select o.id, o.stage, o.deliver_at, paid.indicated as payment_indicated,
    case when o.stage = 'presented' then o.seller_id
      when o.stage = 'check_issued' or o.stage = 'accepted' and not paid.indicated then o.buyer_id
      else o.distributor_id end as waiting_for,
    coalesce((select max(e.occurred_at) from order_events e where e.order_id = o.id
      and e.type <> all (array['attention_raised', 'attention_cleared', 'intervention_made'])), o.created_at) as since
  from orders o
    cross join lateral (select (exists (select 1 from order_events e
      where e.order_id = o.id and e.key = 'payment_indicated')) as indicated) paid
  where o.attention is null and o.stage in ('check_issued', 'presented', 'accepted', 'scheduled', 'in_distribution');

do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'countersign_app') then return; end if;
  grant select on orders_with_checks, outbox_events, webhook_states, webhook_backlogs, deliveries_with_events, waiting_orders to countersign_app;
end $$;
