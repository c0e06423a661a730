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
