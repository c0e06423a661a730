-- The outbox is read by `order_events.id` alone (docs/decisions/0006-the-outbox-order.md). Ids are given out before a transaction
-- commits, so readers must know who may still be writing: whoever inserts events holds this lock, shared, to the end of its
-- transaction, and took it before its first id. It blocks nobody: readers look at it in `pg_locks` and never take it.
create function hold_outbox_writer_lock() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  perform pg_advisory_xact_lock_shared(7220111);
  return null;
end $$;

create trigger order_events_writer_known before insert on order_events for each statement execute function hold_outbox_writer_lock();

-- Where the reader for webhooks begins anew when its own place is worthless: behind the last event that was queued, or else
-- before the first event since there are webhooks. What is read again is queued once all the same.
create function webhooks_place_anew() returns bigint language sql stable set search_path = public, pg_temp as $$
  select case when not exists (select from webhooks) then (select coalesce(max(id), 0) from order_events)
    else greatest((select max(event_id) from webhook_deliveries where event_id <= (select max(id) from order_events)),
      coalesce((select min(id) - 1 from order_events where occurred_at >= (select min(created_at) from webhooks)),
        (select max(id) from order_events), 0)) end
$$;

-- `transaction_id` here, and `transaction_id` with its index on `order_events`, serve processes of the former release while both
-- run, and `Last-Event-ID`s that they gave out; a later migration drops them.
alter table "outbox_readers" add column "place" bigint null;
-- Every event behind the former place, in the former order, lies behind the new one. A former place in the future of this
-- cluster's transactions came with a dump from another one and says nothing.
update "outbox_readers" r set "place" = case
  when r.transaction_id > pg_snapshot_xmax(pg_current_snapshot()) then webhooks_place_anew()
  else coalesce((select min(e.id) - 1 from order_events e where (e.transaction_id, e.id) > (r.transaction_id, r.event_id)),
    (select max(id) from order_events), 0) end;
alter table "outbox_readers" alter column "place" set not null;

do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'countersign_app') then return; end if;
  grant update (place) on outbox_readers to countersign_app;
end $$;
