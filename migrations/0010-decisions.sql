-- A decision to end an order early stands on record before its first effect: whoever comes second, a crash or a message that
-- races with it, finds it there and follows it. It is written once and never changed.
alter table "orders" add column "ending" jsonb null;
-- What only the order's request knows, beside the row's own columns: with it a lost workflow is started again from the row.
alter table "orders" add column "request" jsonb null;

create function order_ending_is_decided_once() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  raise exception 'order % has its ending on record already', old.id using errcode = 'CS005';
end $$;

create trigger orders_ending_decided_once before update of ending on orders for each row
  when (old.ending is not null and new.ending is distinct from old.ending) execute function order_ending_is_decided_once();

-- What distributors reported, as they were told 202 for it: permanently, whatever has become of the order. One event id is
-- one event, so that a repetition is known and another content under the same id is refused.
create table "distribution_reports" ("id" bigserial primary key, "order_id" text not null, "event_id" text not null, "kind" text not null, "occurred_at" timestamptz not null, "note" text null, "received_by_sealed" text null, "recorded_at" timestamptz not null default now());
alter table "distribution_reports" add constraint "distribution_reports_event_unique" unique ("order_id", "event_id");
alter table "distribution_reports" add constraint "distribution_reports_kind_check" check ("kind" in ('picked_up', 'in_transit', 'failed_attempt', 'returned', 'lost', 'delivered'));
create trigger distribution_reports_append_only before update or delete on distribution_reports for each row execute function refuse_change();
create trigger distribution_reports_no_truncate before truncate on distribution_reports for each statement execute function refuse_change();

do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'countersign_app') then return; end if;
  grant select on distribution_reports to countersign_app;
  grant insert (order_id, event_id, kind, occurred_at, note, received_by_sealed) on distribution_reports to countersign_app;
  grant usage on sequence distribution_reports_id_seq to countersign_app;
end $$;
