-- A party takes its own money out by a `payout`, which names what it is for. A `withdrawal` is the office's alone: what leaves its
-- fees, and what came for nobody known (clearing) and is sent back.
alter table "transfers" drop constraint "transfers_kind_check";
alter table "transfers" add constraint "transfers_kind_check" check ("kind" in ('deposit', 'withdrawal', 'payout', 'hold', 'capture', 'void', 'expire', 'refund'));
alter table "transfers" drop constraint "transfers_name_their_order";
alter table "transfers" add constraint "transfers_name_their_order" check ((kind in ('deposit', 'withdrawal', 'payout')) = (order_id is null));
alter table "transfers" add constraint "transfers_payouts_name_their_reference" check (kind <> 'payout' or reason is not null);

-- As before, and payouts beside withdrawals.
create or replace function ledger_apply_transfer() returns trigger language plpgsql security definer
  set search_path = public, pg_temp set enable_seqscan = off as $$
begin
  case new.kind
    when 'deposit' then perform ledger_deposit(new);
    when 'withdrawal' then perform ledger_withdraw(new, 'fees', 'clearing');
    when 'payout' then perform ledger_withdraw(new, 'buyer', 'seller');
    when 'hold' then perform ledger_hold(new);
    when 'capture' then perform ledger_capture(new);
    when 'void', 'expire' then perform ledger_release(new);
    when 'refund' then perform ledger_refund(new);
  end case;
  return null;
end $$;

-- Money leaves to the outside world: only what the account owns and has not promised; a credit line is no money. Whatever is
-- still to be counted of a busy seller's account is counted first, under its lock.
drop function ledger_withdraw(transfers);
create function ledger_withdraw(transfer transfers, variadic kinds text[]) returns void language plpgsql as $$
declare
  owner accounts := ledger_locked(transfer, transfer.debit_account_id, variadic kinds);
  world accounts := ledger_named(transfer, transfer.credit_account_id, 'world');
begin
  perform ledger_require_open(owner);
  perform ledger_require(owner, owner.balance - owner.held, transfer.amount);
  perform ledger_move(transfer, owner.id, -transfer.amount, 0);
  perform ledger_move_unhurried(transfer, world.id, transfer.amount);
end $$;
revoke execute on function ledger_withdraw(transfers, text[]) from public;

-- A statement reads a period of one account.
create index "entries_time_index" on "entries" using brin ("created_at");
