-- The ledger's rules live here, so that nobody who writes SQL can break them. Inserting a row into `transfers` IS the
-- movement: the trigger locks the accounts in the order of their ids, checks the rules of the kind, and writes balances
-- and entries. The application's role may insert transfers and nothing else of the ledger.
-- Refusals carry a SQLSTATE of class CS: CS001 funds, CS002 account status, CS003 hold, CS004 rule of the kind, CS005 append-only.

create function ledger_apply_transfer() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  debit accounts%rowtype;
  credit accounts%rowtype;
  hold transfers%rowtype;
  moved bigint := 0;      -- from debit's balance to credit's balance
  held_change bigint := 0; -- of the debit account
  refundable bigint;
begin
  perform 1 from accounts where id in (new.debit_account_id, new.credit_account_id) order by id for no key update;
  select * into strict debit from accounts where id = new.debit_account_id;
  select * into strict credit from accounts where id = new.credit_account_id;

  if new.currency <> debit.currency or new.currency <> credit.currency then
    raise exception 'transfer % in % between accounts in % and %', new.key, new.currency, debit.currency, credit.currency using errcode = 'CS004';
  end if;
  if debit.id = credit.id then
    raise exception 'transfer % from an account to itself', new.key using errcode = 'CS004';
  end if;
  if (new.kind in ('capture', 'void', 'expire')) <> (new.hold_id is not null) then
    raise exception 'transfer % of kind % must name a hold exactly when it resolves one', new.key, new.kind using errcode = 'CS004';
  end if;
  if new.hold_id is not null then
    select * into hold from transfers where id = new.hold_id and kind = 'hold';
    if not found or hold.debit_account_id <> debit.id or hold.credit_account_id <> credit.id
      or hold.currency <> new.currency or hold.order_id is distinct from new.order_id then
      raise exception 'transfer % does not fit the hold %', new.key, new.hold_id using errcode = 'CS003';
    end if;
  end if;

  case new.kind
    when 'deposit' then
      if debit.kind <> 'world' or credit.kind not in ('buyer', 'seller') then
        raise exception 'a deposit goes from the outside world to a party' using errcode = 'CS004';
      end if;
      if credit.status = 'closed' then
        raise exception 'account % is closed', credit.id using errcode = 'CS002';
      end if;
      moved := new.amount;
    when 'hold' then
      if debit.kind <> 'buyer' or credit.kind <> 'seller' or new.order_id is null or new.check_number is null then
        raise exception 'a hold is for a check from a buyer to a seller' using errcode = 'CS004';
      end if;
      if debit.status <> 'open' then
        raise exception 'account % is %', debit.id, debit.status using errcode = 'CS002';
      end if;
      if debit.balance + debit.credit_limit - debit.held < new.amount then
        raise exception 'account % lacks funds', debit.id using errcode = 'CS001';
      end if;
      held_change := new.amount;
    when 'capture' then
      if new.amount > hold.amount then
        raise exception 'capture % exceeds its hold', new.key using errcode = 'CS003';
      end if;
      moved := new.amount;
      held_change := -hold.amount;
    when 'void', 'expire' then
      if new.amount <> hold.amount then
        raise exception '% % must release its whole hold', new.kind, new.key using errcode = 'CS003';
      end if;
      held_change := -hold.amount;
    when 'refund' then
      if debit.kind <> 'seller' or credit.kind <> 'buyer' or new.order_id is null then
        raise exception 'a refund goes from a seller to a buyer of an order' using errcode = 'CS004';
      end if;
      -- The account locks above order concurrent refunds of one order.
      select coalesce(sum(case kind when 'capture' then amount when 'refund' then -amount end), 0) into refundable
        from transfers where order_id = new.order_id and kind in ('capture', 'refund') and id <> new.id;
      if new.amount > refundable then
        raise exception 'refund % exceeds what was settled', new.key using errcode = 'CS003';
      end if;
      if debit.balance + debit.credit_limit - debit.held < new.amount then
        raise exception 'account % lacks funds', debit.id using errcode = 'CS001';
      end if;
      moved := new.amount;
  end case;

  update accounts set balance = balance - moved, held = held + held_change, updated_at = now() where id = debit.id
    returning * into debit;
  insert into entries (transfer_id, account_id, currency, amount, held_amount, balance_after, held_after)
    values (new.id, debit.id, new.currency, -moved, held_change, debit.balance, debit.held);
  if moved <> 0 then
    update accounts set balance = balance + moved, updated_at = now() where id = credit.id returning * into credit;
    insert into entries (transfer_id, account_id, currency, amount, held_amount, balance_after, held_after)
      values (new.id, credit.id, new.currency, moved, 0, credit.balance, credit.held);
  end if;
  return null;
end $$;

create trigger transfers_apply after insert on transfers for each row execute function ledger_apply_transfer();

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'CS005';
end $$;

create trigger transfers_append_only before update or delete on transfers for each row execute function refuse_change();
create trigger transfers_no_truncate before truncate on transfers for each statement execute function refuse_change();
create trigger entries_append_only before update or delete on entries for each row execute function refuse_change();
create trigger entries_no_truncate before truncate on entries for each statement execute function refuse_change();
create trigger order_events_append_only before update or delete on order_events for each row execute function refuse_change();
create trigger order_events_no_truncate before truncate on order_events for each statement execute function refuse_change();

-- A check exists iff its hold exists, of the same amount, made in the same transaction (invariant 4): compared at commit.
create function check_and_hold_agree() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_table_name = 'echecks' then
    perform 1 from transfers t where t.id = new.hold_id and t.kind = 'hold' and t.check_number = new.number and t.order_id = new.order_id
      and t.amount = new.amount and t.currency = new.currency and t.debit_account_id = new.buyer_id and t.credit_account_id = new.seller_id;
  else
    perform 1 from echecks c where c.hold_id = new.id and c.number = new.check_number;
  end if;
  if not found then
    raise exception 'a check and its hold exist together and agree' using errcode = 'CS004';
  end if;
  return null;
end $$;

create constraint trigger echecks_agree_with_hold after insert or update on echecks deferrable initially deferred
  for each row execute function check_and_hold_agree();
create constraint trigger holds_agree_with_check after insert on transfers deferrable initially deferred
  for each row when (new.kind = 'hold') execute function check_and_hold_agree();

-- The office's own accounts, one of each kind a currency: `office:world:EUR` is where deposits come from.
insert into accounts (id, kind, currency)
select 'office:' || kind || ':' || currency, kind, currency
from unnest(array['world', 'clearing', 'fees']) as kind, unnest(array['EUR', 'USD', 'GBP', 'CHF', 'JPY', 'KWD']) as currency;
