-- What is read as a join or a formula, named once (entities/*.view.ts say the same; test/office/schema.test.ts compares).

-- A late entry's amount is not in the stored balance until the ledger counts it: what an account has is both together.
create view "account_balances" as
  select a.id, a.kind, a.currency, a.status, a.held, a.credit_limit, a.balance + l.late as balance,
    a.balance + l.late + a.credit_limit - a.held as available
  from accounts a
    cross join lateral (select coalesce(sum(late_entries.amount), 0)::bigint as late from late_entries
      where late_entries.account_id = a.id and late_entries.balance_after is null) l;

create view "account_entries" as
  select e.id, e.transfer_id, e.account_id, t.kind, e.currency, e.amount, e.held_amount, e.held_after,
    coalesce(e.balance_after, late.balance_after, (a.balance::numeric + (select sum(earlier.amount) from late_entries earlier
      where earlier.account_id = e.account_id and earlier.balance_after is null and earlier.entry_id <= e.id))::bigint) as balance_after,
    t.order_id, t.check_number, t.reason, e.created_at
  from entries e
    join transfers t on t.id = e.transfer_id
    join accounts a on a.id = e.account_id
    left join late_entries late on late.entry_id = e.id;

create view "checks_with_accounts" as
  select c.number, c.order_id, c.buyer_id, c.seller_id, c.distributor_id, c.amount, c.currency, c.jws, c.kid, c.status,
    c.status_index, c.issued_at, c.expires_at, c.updated_at, a.status as account_status,
    coalesce(k.status = 'revoked', false) as key_revoked
  from echecks c
    join accounts a on a.id = c.buyer_id
    left join signing_keys k on k.kid = c.kid;

do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'countersign_app') then return; end if;
  grant select on account_balances, account_entries, checks_with_accounts to countersign_app;
end $$;
