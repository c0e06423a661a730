-- Who acts for seller and distributor is what the order was judged by, and stays so when their registration changes: an order whose
-- seller has a server of its own goes on with that server, also when its workflow is resumed from the record.
alter table "orders" add column "seller_agent" text null;
alter table "orders" add constraint "orders_seller_agent_check" check ("seller_agent" in ('auto', 'manual', 'site'));
alter table "orders" add column "distributor_agent" text null;
alter table "orders" add constraint "orders_distributor_agent_check" check ("distributor_agent" in ('auto', 'manual', 'site'));

-- A seller with a server of its own promises nothing before it has had the check validated (claim 2).
create function site_seller_has_validated() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if not exists (select 1 from order_events e where e.order_id = new.id and e.key = 'check_validated' and e.type = 'check_validated') then
    raise exception 'order %: its seller has not had the check validated', new.id using errcode = 'CS004';
  end if;
  return new;
end $$;
create trigger orders_site_seller_has_validated before update of stage on orders for each row
  when (new.stage = 'accepted' and old.stage <> 'accepted' and new.seller_agent = 'site') execute function site_seller_has_validated();
