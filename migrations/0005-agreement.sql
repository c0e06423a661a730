-- At every commit an order, its check, its hold and its money tell one story (invariants 3, 4 and 6). The comparison is
-- deferred to the commit, so that one transaction may write them in any order; it reads the rows as they are then.

-- Everything that must hold of one order, in one place. Raises CS004 with what is wrong. Each row is looked up by its key.
create function order_must_agree(order_id text) returns void language plpgsql as $$
declare
  o record;
  c record;
  h record;
  paid record;
  wrong text;
begin
  select id, stage, buyer_id, seller_id, charge_amount, currency, settled_amount, refunded_amount, payment_status
    into o from orders where id = order_must_agree.order_id;
  if not found then
    raise exception 'there is no order %', order_must_agree.order_id using errcode = 'CS004';
  end if;
  select
      count(*) filter (where kind = 'hold') as holds,
      count(*) filter (where kind in ('capture', 'void', 'expire')) as resolutions,
      coalesce(sum(amount) filter (where kind = 'capture'), 0) as captured,
      coalesce(sum(amount) filter (where kind = 'refund'), 0) as refunded
    into paid from transfers t where t.order_id = o.id;
  select number, status, amount, currency, buyer_id, seller_id, hold_id into c from echecks e where e.order_id = o.id;
  select kind, t.order_id, check_number, amount, currency, debit_account_id, credit_account_id into h from transfers t where t.id = c.hold_id;
  wrong := case
    when (paid.holds > 0) <> (c.number is not null) then 'its check and its hold do not exist together'
    when paid.holds > 1 then 'it has more than one hold'
    when c.number is not null and (
        (c.amount, c.currency, c.buyer_id, c.seller_id) is distinct from (o.charge_amount, o.currency, o.buyer_id, o.seller_id)
        or (h.kind, h.order_id, h.check_number, h.amount, h.currency, h.debit_account_id, h.credit_account_id)
          is distinct from ('hold', o.id, c.number, c.amount, c.currency, c.buyer_id, c.seller_id)
      ) then 'its check, its hold and its charge do not agree'
    when c.number is not null and not case
        when c.status in ('issued', 'presented', 'accepted') then paid.resolutions = 0
        when c.status in ('cleared', 'final') then paid.captured > paid.refunded
        when c.status = 'refunded' then paid.captured > 0 and paid.captured = paid.refunded
        when c.status in ('stopped', 'expired', 'voided') then paid.resolutions = 1 and paid.captured = 0
        else paid.resolutions = 1
      end then 'its check and what became of its hold do not agree'
    when o.settled_amount <> paid.captured then 'its settled amount is not what was captured'
    when o.refunded_amount <> paid.refunded then 'its refunded amount is not what was refunded'
    when o.payment_status <> case
        when paid.holds = 0 then 'none'
        when paid.resolutions = 0 then 'held'
        when paid.captured = 0 then 'voided'
        when paid.captured = paid.refunded then 'refunded'
        else 'settled'
      end then 'its payment status is not what the ledger says'
    when o.stage in ('completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded') and paid.holds > paid.resolutions
      then 'it has ended with an open hold'
    when o.stage in ('declined', 'rejected', 'expired', 'cancelled', 'refunded') and paid.captured <> paid.refunded
      then 'it has ended without effect and still cost the buyer something'
    when o.stage = 'completed' and paid.captured = 0 then 'it is completed and unpaid'
  end;
  if wrong is not null then
    raise exception 'order %: %', o.id, wrong using errcode = 'CS004';
  end if;
end $$;
revoke execute on function order_must_agree(text) from public;

create function order_agrees() returns trigger language plpgsql security definer
  set search_path = public, pg_temp set enable_seqscan = off as $$
begin
  if tg_table_name = 'orders' then
    perform order_must_agree(new.id);
  else
    perform order_must_agree(new.order_id);
  end if;
  return null;
end $$;

create constraint trigger transfers_agree after insert on transfers deferrable initially deferred
  for each row when (new.order_id is not null) execute function order_agrees();
create constraint trigger checks_agree after insert or update on echecks deferrable initially deferred
  for each row execute function order_agrees();
create constraint trigger orders_agree after insert or update of stage, buyer_id, seller_id, charge_amount, currency, settled_amount,
  refunded_amount, payment_status on orders deferrable initially deferred for each row execute function order_agrees();

-- A check is issued only against the registry rows that the decision rested on, both active now (claims 3 and 10).
create function check_rests_on_registries() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if not exists (select 1 from sellers where id = new.seller_id and status = 'active' and version = new.seller_version for share) then
    raise exception 'check %: seller % is not registered and active at version %', new.number, new.seller_id, new.seller_version using errcode = 'CS004';
  end if;
  if not exists (select 1 from distributors where id = new.distributor_id and status = 'active' and version = new.distributor_version for share) then
    raise exception 'check %: distributor % is not registered and active at version %', new.number, new.distributor_id, new.distributor_version
      using errcode = 'CS004';
  end if;
  return new;
end $$;

create trigger echecks_rest_on_registries before insert on echecks for each row execute function check_rests_on_registries();

-- No function of ours may be led astray by a table or operator that somebody planted on their search path.
do $$
declare
  ours regprocedure;
begin
  for ours in select oid::regprocedure from pg_proc where pronamespace = 'public'::regnamespace and proconfig is null
    and has_function_privilege('public', oid, 'execute') loop
    execute format('alter function %s set search_path = public, pg_temp', ours);
  end loop;
end $$;
