-- When an order is paid stays as it was settled with its check. Once there is a check the stage does not count: a row whose stage
-- is put back first is no order without a check again.
create or replace function order_settlement_stays() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if old.stage = 'requested' and not exists (select 1 from echecks where order_id = old.id) then
    return new;
  end if;
  raise exception 'order %: when its seller is paid stays as it was settled', old.id using errcode = 'CS005';
end $$;
drop trigger orders_settlement_stays on orders;
create trigger orders_settlement_stays before update of settle_on on orders for each row
  when (new.settle_on is distinct from old.settle_on) execute function order_settlement_stays();
