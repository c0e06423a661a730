-- When a seller is paid is its own term: after the delivery, at the notice, or as each buyer chooses. Sellers that are
-- registered already have left the choice to their buyers, and keep to it; new ones are paid after the delivery.
alter table "sellers" add column "settle_on" text not null default 'buyer_chooses';
alter table "sellers" alter column "settle_on" set default 'delivery';
alter table "sellers" add constraint "sellers_settle_on_check" check ("settle_on" in ('delivery', 'notice', 'buyer_chooses'));
-- Who demands its payment: the office in its name, as it always did, or the seller itself.
alter table "sellers" add column "payment_demand" text not null default 'auto';
alter table "sellers" add constraint "sellers_payment_demand_check" check ("payment_demand" in ('auto', 'own'));
-- As it was when the order was judged.
alter table "orders" add column "payment_demand" text not null default 'auto';
alter table "orders" add constraint "orders_payment_demand_check" check ("payment_demand" in ('auto', 'own'));

-- When an order is paid is settled with its check: nobody brings the payment forward afterwards. Once there is a check the stage
-- does not count: a row whose stage is put back first is no order without a check again.
create function order_settlement_stays() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if old.stage = 'requested' and not exists (select 1 from echecks where order_id = old.id) then
    return new;
  end if;
  raise exception 'order %: when its seller is paid stays as it was settled', old.id using errcode = 'CS005';
end $$;
create trigger orders_settlement_stays before update of settle_on on orders for each row
  when (new.settle_on is distinct from old.settle_on) execute function order_settlement_stays();

-- The seller is paid from the hold, in full or in part; what is not captured is released. Only an accepted check is paid, and
-- where the order is paid after the delivery only once the check office has its own record of the completion (claim 23).
create or replace function ledger_capture(transfer transfers) returns void language plpgsql as $$
declare
  hold transfers := ledger_hold_of(transfer);
  check_status text := (select status from echecks where hold_id = hold.id);
  settled_on text := (select settle_on from orders where id = transfer.order_id);
begin
  -- `cleared` and `final` without a capture never were committed: they can only be other steps of this transaction.
  if check_status is null or check_status not in ('accepted', 'cleared', 'final') then
    raise exception 'transfer %: the check is %, not accepted', transfer.key, coalesce(check_status, 'missing') using errcode = 'CS003';
  end if;
  if settled_on is distinct from 'notice' and not exists (select 1 from order_events e
      where e.order_id = transfer.order_id and e.key = 'completion_notified_office' and e.type = 'completion_notified_office') then
    raise exception 'transfer %: the check office has no record of the completion', transfer.key using errcode = 'CS008';
  end if;
  if transfer.amount > hold.amount then
    raise exception 'transfer % captures more than its hold', transfer.key using errcode = 'CS003';
  end if;
  perform ledger_move(transfer, transfer.debit_account_id, -transfer.amount, -hold.amount);
  perform ledger_move_unhurried(transfer, transfer.credit_account_id, transfer.amount - transfer.fee_amount);
  if transfer.fee_amount > 0 then
    perform ledger_move_unhurried(transfer, ledger_fees_account(transfer), transfer.fee_amount);
  end if;
end $$;

-- A delivered order whose seller demands its payment itself waits for the seller.
drop view "waiting_orders";
create view "waiting_orders" as
  select o.id, o.stage, o.deliver_at, paid.indicated as payment_indicated,
    case when o.stage in ('presented', 'delivered') then o.seller_id
      when o.stage = 'check_issued' or o.stage = 'accepted' and not paid.indicated then o.buyer_id
      else o.distributor_id end as waiting_for,
    coalesce((select max(e.occurred_at) from order_events e where e.order_id = o.id
      and e.type <> all (array['attention_raised', 'attention_cleared', 'intervention_made', 'address_read'])), o.created_at) as since
  from orders o
    cross join lateral (select (exists (select 1 from order_events e
      where e.order_id = o.id and e.key = 'payment_indicated')) as indicated) paid
  where o.attention is null and (o.stage in ('check_issued', 'presented', 'accepted', 'scheduled', 'in_distribution')
    or o.stage = 'delivered' and o.payment_demand = 'own' and o.payment_status = 'held');

grant select on waiting_orders to countersign_app;
