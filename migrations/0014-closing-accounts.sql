-- A buyer whose order was paid and is still on its way may get its money back, whatever the balance is: until that order has
-- ended its account cannot close. The lock waits for settlements and refunds that are being written.
create function buyer_account_may_close() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  on_its_way text;
begin
  perform 1 from accounts where id = new.id for update;
  select id into on_its_way from orders
    where buyer_id = new.id and settled_amount > refunded_amount
      and stage not in ('completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded')
    limit 1;
  if found then
    raise exception 'account % may still get money back from order %', new.id, on_its_way using errcode = 'CS002';
  end if;
  return new;
end $$;

create trigger accounts_close_buyer before update of status on accounts for each row
  when (new.status = 'closed' and old.status <> 'closed' and new.kind = 'buyer') execute function buyer_account_may_close();

-- As with the ledger's inner functions: a trigger needs nobody's right to call it.
revoke execute on function buyer_account_may_close() from public;
