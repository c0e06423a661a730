-- The ledger's rules live here, so that nobody who writes SQL can break them. Inserting a row into `transfers` IS the
-- movement: a trigger checks the rules of its kind, moves the sums of the accounts and writes the entries.
-- Refusals carry a SQLSTATE of class CS: CS001 funds, CS002 account status, CS003 hold, CS004 rule of the kind, CS005 append-only.
--
-- Accounts are locked in one order everywhere: buyer, seller, clearing and fees, world. Two movements then never wait for
-- each other in a circle, and the busiest account is locked last and for the shortest time.

-- Runs after the row is in, so that a repeated key (`on conflict do nothing`) moves nothing. Every look-up is by an index,
-- whatever the statistics say: a plan that was made for an empty table is kept by its session while the table grows.
create function ledger_apply_transfer() returns trigger language plpgsql security definer
  set search_path = public, pg_temp set enable_seqscan = off as $$
begin
  case new.kind
    when 'deposit' then perform ledger_deposit(new);
    when 'withdrawal' then perform ledger_withdraw(new);
    when 'hold' then perform ledger_hold(new);
    when 'capture' then perform ledger_capture(new);
    when 'void', 'expire' then perform ledger_release(new);
    when 'refund' then perform ledger_refund(new);
  end case;
  return null;
end $$;

-- Money comes in from the outside world, for a party, or for nobody known yet (clearing). A frozen account may receive, a
-- closed one may not.
create function ledger_deposit(transfer transfers) returns void language plpgsql as $$
declare
  party accounts := ledger_locked(transfer, transfer.credit_account_id, 'buyer', 'seller', 'clearing');
  world accounts := ledger_named(transfer, transfer.debit_account_id, 'world');
begin
  perform ledger_refuse_closed(party);
  perform ledger_move(transfer, party.id, transfer.amount, 0);
  perform ledger_move_unhurried(transfer, world.id, -transfer.amount);
end $$;

-- Money leaves to the outside world: only what the account owns and has not promised; a credit line is no money.
create function ledger_withdraw(transfer transfers) returns void language plpgsql as $$
declare
  owner accounts := ledger_locked(transfer, transfer.debit_account_id, 'buyer', 'seller', 'fees', 'clearing');
  world accounts := ledger_named(transfer, transfer.credit_account_id, 'world');
begin
  perform ledger_require_open(owner);
  perform ledger_require(owner, owner.balance - owner.held, transfer.amount);
  perform ledger_move(transfer, owner.id, -transfer.amount, 0);
  perform ledger_move_unhurried(transfer, world.id, transfer.amount);
end $$;

-- A check's amount is set aside on the buyer's account. The seller's row is read without a lock: the foreign key holds it
-- against being closed meanwhile.
create function ledger_hold(transfer transfers) returns void language plpgsql as $$
declare
  buyer accounts := ledger_locked(transfer, transfer.debit_account_id, 'buyer');
  seller accounts := ledger_named(transfer, transfer.credit_account_id, 'seller');
begin
  perform ledger_require_open(buyer);
  perform ledger_refuse_closed(seller);
  perform ledger_require(buyer, buyer.balance + buyer.credit_limit - buyer.held, transfer.amount);
  perform ledger_move(transfer, buyer.id, 0, transfer.amount);
end $$;

-- The seller is paid from the hold, in full or in part; what is not captured is released. Only an accepted check is paid.
create function ledger_capture(transfer transfers) returns void language plpgsql as $$
declare
  hold transfers := ledger_hold_of(transfer);
  check_status text := (select status from echecks where hold_id = hold.id);
begin
  -- `cleared` and `final` without a capture never were committed: they can only be other steps of this transaction.
  if check_status is null or check_status not in ('accepted', 'cleared', 'final') then
    raise exception 'transfer %: the check is %, not accepted', transfer.key, coalesce(check_status, 'missing') using errcode = 'CS003';
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

-- A hold is voided or expires: the whole of it is the buyer's again.
create function ledger_release(transfer transfers) returns void language plpgsql as $$
declare
  hold transfers := ledger_hold_of(transfer);
begin
  if transfer.amount <> hold.amount then
    raise exception 'transfer % must release its whole hold', transfer.key using errcode = 'CS003';
  end if;
  perform ledger_move(transfer, transfer.debit_account_id, 0, -hold.amount);
end $$;

-- The seller, and the office of its fee, give back what this order paid them, to the buyer that paid, never more than that
-- in all. The lock on the buyer's account orders concurrent refunds of one order before the sums are taken.
create function ledger_refund(transfer transfers) returns void language plpgsql as $$
declare
  buyer accounts := ledger_locked(transfer, transfer.credit_account_id, 'buyer');
  seller accounts := ledger_locked(transfer, transfer.debit_account_id, 'seller');
  fees accounts;
  settled record;
begin
  select coalesce(sum(case kind when 'capture' then amount else -amount end), 0) as amount,
      coalesce(sum(case kind when 'capture' then fee_amount else -fee_amount end), 0) as fee
    into settled from transfers
    where order_id = transfer.order_id and id <> transfer.id
      and (kind = 'capture' and debit_account_id = buyer.id and credit_account_id = seller.id or kind = 'refund');
  if transfer.amount > settled.amount or transfer.fee_amount > settled.fee then
    raise exception 'transfer % refunds more than was settled', transfer.key using errcode = 'CS003';
  end if;
  perform ledger_refuse_closed(buyer);
  perform ledger_require(seller, seller.balance + seller.credit_limit - seller.held, transfer.amount - transfer.fee_amount);
  perform ledger_move(transfer, buyer.id, transfer.amount, 0);
  perform ledger_move(transfer, seller.id, transfer.fee_amount - transfer.amount, 0);
  if transfer.fee_amount > 0 then
    fees := ledger_locked(transfer, ledger_fees_account(transfer), 'fees');
    perform ledger_require(fees, fees.balance, transfer.fee_amount);
    perform ledger_move(transfer, fees.id, -transfer.fee_amount, 0);
  end if;
end $$;

create function ledger_fees_account(transfer transfers) returns text language sql stable as $$
  select id from accounts where kind = 'fees' and currency = transfer.currency
$$;

-- Moves one account's balance and held sum and writes the entry of it.
create function ledger_move(transfer transfers, account text, moved bigint, held_change bigint) returns void language plpgsql as $$
begin
  with after as (
    update accounts set balance = balance + moved, held = held + held_change, updated_at = now() where id = account
    returning balance, held
  )
  insert into entries (transfer_id, account_id, currency, amount, held_amount, balance_after, held_after)
  select transfer.id, account, transfer.currency, moved, held_change, balance, held from after;
end $$;

-- Moves an account that no limit can stop (the seller's side of a payment, the world's side of a deposit) without waiting for
-- it: the entry is written at once, and when another transaction has the account, its amount is counted into the stored
-- balance by whoever has the account next. So payments to one busy seller do not queue up behind each other's commits.
create function ledger_move_unhurried(transfer transfers, account text, moved bigint) returns void language plpgsql as $$
declare
  late bigint;
begin
  perform 1 from accounts where id = account for no key update skip locked;
  if found then
    if exists (select 1 from late_entries where account_id = account and balance_after is null) then
      perform ledger_count_late(account);
    end if;
    perform ledger_move(transfer, account, moved, 0);
  else
    insert into entries (transfer_id, account_id, currency, amount, held_amount, balance_after, held_after)
      values (transfer.id, account, transfer.currency, moved, 0, null, 0) returning id into late;
    insert into late_entries (entry_id, account_id, amount) values (late, account, moved);
  end if;
end $$;

-- Counts the committed late entries of an account, which the caller has locked, into its stored balance.
create function ledger_count_late(account text) returns void language plpgsql as $$
begin
  with late as (
    select entry_id, amount, sum(amount) over (order by entry_id) as so_far
    from late_entries where account_id = account and balance_after is null
  ), counted as (
    update late_entries set balance_after = accounts.balance + late.so_far
    from late, accounts where late_entries.entry_id = late.entry_id and accounts.id = account
    returning late.amount
  )
  update accounts set balance = balance + (select sum(amount) from counted), updated_at = now() where id = account;
end $$;

-- An account of the transfer, locked, with every late entry counted: what it shows is what it has. Buyers have none.
create function ledger_locked(transfer transfers, account text, variadic kinds text[]) returns accounts language plpgsql as $$
declare
  locked accounts;
begin
  select * into locked from accounts where id = account for no key update;
  if locked.kind <> 'buyer' and exists (select 1 from late_entries where account_id = account and balance_after is null) then
    perform ledger_count_late(account);
    select * into locked from accounts where id = account;
  end if;
  perform ledger_require_kind(transfer, locked, kinds);
  return locked;
end $$;

-- An account of the transfer, not locked: only what never changes of it counts, and whether it is closed.
create function ledger_named(transfer transfers, account text, variadic kinds text[]) returns accounts language plpgsql as $$
declare
  named accounts;
begin
  select * into named from accounts where id = account;
  perform ledger_require_kind(transfer, named, kinds);
  return named;
end $$;

-- An account must exist, be of one of the kinds, and in the transfer's currency.
create function ledger_require_kind(transfer transfers, account accounts, kinds text[]) returns void language plpgsql as $$
begin
  if account.kind = any (kinds) and account.currency = transfer.currency then
    return;
  elsif account.id is null then
    raise exception 'transfer %: there is no such account', transfer.key using errcode = 'CS002';
  elsif account.currency <> transfer.currency then
    raise exception 'transfer % in % on account % in %', transfer.key, transfer.currency, account.id, account.currency using errcode = 'CS004';
  else
    raise exception 'transfer %: a % does not go this way on account %', transfer.key, transfer.kind, account.id using errcode = 'CS004';
  end if;
end $$;

-- The hold that the transfer resolves. That it resolves once is a unique index.
create function ledger_hold_of(transfer transfers) returns transfers language plpgsql as $$
declare
  hold transfers;
begin
  select * into hold from transfers where id = transfer.hold_id and kind = 'hold'
    and debit_account_id = transfer.debit_account_id and credit_account_id = transfer.credit_account_id
    and currency = transfer.currency and order_id = transfer.order_id and check_number = transfer.check_number;
  if not found then
    raise exception 'transfer % does not fit the hold %', transfer.key, transfer.hold_id using errcode = 'CS003';
  end if;
  return hold;
end $$;

create function ledger_require(account accounts, available bigint, amount bigint) returns void language plpgsql as $$
begin
  if available < amount then
    raise exception 'account % lacks funds', account.id using errcode = 'CS001';
  end if;
end $$;

create function ledger_require_open(account accounts) returns void language plpgsql as $$
begin
  if account.status <> 'open' then
    raise exception 'account % is %', account.id, account.status using errcode = 'CS002';
  end if;
end $$;

create function ledger_refuse_closed(account accounts) returns void language plpgsql as $$
begin
  if account.status = 'closed' then
    raise exception 'account % is closed', account.id using errcode = 'CS002';
  end if;
end $$;

create trigger transfers_apply after insert on transfers for each row execute function ledger_apply_transfer();

-- What is written stays, whoever writes the SQL.
create function refuse_change() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  raise exception '% refused: % is kept for ever, and only the ledger writes its sums', tg_op, tg_table_name using errcode = 'CS005';
end $$;

create trigger transfers_append_only before update or delete on transfers for each row execute function refuse_change();
create trigger transfers_no_truncate before truncate on transfers for each statement execute function refuse_change();
create trigger entries_append_only before update or delete on entries for each row execute function refuse_change();
create trigger entries_no_truncate before truncate on entries for each statement execute function refuse_change();
create trigger order_events_append_only before update or delete on order_events for each row execute function refuse_change();
create trigger order_events_no_truncate before truncate on order_events for each statement execute function refuse_change();
create trigger accounts_kept before delete on accounts for each row execute function refuse_change();
create trigger accounts_no_truncate before truncate on accounts for each statement execute function refuse_change();
create trigger echecks_kept before delete on echecks for each row execute function refuse_change();
create trigger echecks_no_truncate before truncate on echecks for each statement execute function refuse_change();
create trigger orders_kept before delete on orders for each row execute function refuse_change();
create trigger orders_no_truncate before truncate on orders for each statement execute function refuse_change();

-- Depth 0 is a statement of one's own; the ledger's trigger writes at depth 1.
create trigger late_entries_kept before delete on late_entries for each row execute function refuse_change();
create trigger late_entries_no_truncate before truncate on late_entries for each statement execute function refuse_change();
create trigger late_entries_by_ledger_only before insert or update on late_entries for each row
  when (pg_trigger_depth() = 0) execute function refuse_change();
create trigger late_entries_counted_once before update on late_entries for each row
  when (old.balance_after is not null) execute function refuse_change();
create trigger entries_by_ledger_only before insert on entries for each row
  when (pg_trigger_depth() = 0) execute function refuse_change();
create trigger accounts_sums_by_ledger_only before update of balance, held on accounts for each row
  when (pg_trigger_depth() = 0) execute function refuse_change();
create trigger accounts_start_empty before insert on accounts for each row
  when (new.balance <> 0 or new.held <> 0) execute function refuse_change();
create trigger accounts_stay_what_they_are before update of id, kind, currency on accounts for each row execute function refuse_change();
-- What a check says is never changed: only its status moves.
create trigger echecks_stay_what_they_say before update on echecks for each row
  when ((new.number, new.order_id, new.buyer_id, new.seller_id, new.distributor_id, new.amount, new.currency, new.jws, new.kid,
      new.hold_id, new.status_index, new.seller_version, new.distributor_version, new.issued_at, new.expires_at)
    is distinct from (old.number, old.order_id, old.buyer_id, old.seller_id, old.distributor_id, old.amount, old.currency, old.jws, old.kid,
      old.hold_id, old.status_index, old.seller_version, old.distributor_version, old.issued_at, old.expires_at))
  execute function refuse_change();

-- A seller is owed money as long as a check to it is open, so its account cannot close. The lock waits for holds being made.
create function account_may_close() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform 1 from accounts where id = new.id for update;
  if exists (select 1 from echecks where seller_id = new.id and status in ('issued', 'presented', 'accepted')) then
    raise exception 'account % is still to be paid by open checks', new.id using errcode = 'CS002';
  end if;
  if exists (select 1 from late_entries where account_id = new.id and balance_after is null) then
    raise exception 'account % has entries that are not in its balance yet', new.id using errcode = 'CS002';
  end if;
  return new;
end $$;

create trigger accounts_close before update of status on accounts for each row
  when (new.status = 'closed' and old.status <> 'closed' and new.kind = 'seller') execute function account_may_close();

-- The office's own accounts, one of each kind a currency: `office:world:EUR` is where deposits come from.
insert into accounts (id, kind, currency)
select 'office:' || kind || ':' || currency, kind, currency
from unnest(array['world', 'clearing', 'fees']) as kind, unnest(array['EUR', 'USD', 'GBP', 'CHF', 'JPY', 'KWD']) as currency;

-- Nobody calls the ledger's inner functions but its trigger.
do $$
declare
  inner_function regprocedure;
begin
  for inner_function in select oid::regprocedure from pg_proc where pronamespace = 'public'::regnamespace and proname like 'ledger\_%' loop
    execute format('revoke execute on function %s from public', inner_function);
  end loop;
end $$;
