-- The yardstick: a plain double entry in the manner of pgledger, in the same database. Two account rows locked and updated,
-- one transfer and two entries written, currency and overdraft checked. No keys, no holds, no roles, no order, no check.
create table bare_accounts (
  id text primary key,
  currency text not null,
  balance bigint not null default 0,
  version bigint not null default 0,
  allow_negative_balance boolean not null default false,
  updated_at timestamptz not null default now()
);
create table bare_transfers (
  id bigserial primary key,
  from_account_id text not null references bare_accounts (id),
  to_account_id text not null references bare_accounts (id),
  amount bigint not null,
  created_at timestamptz not null default now(),
  check (amount > 0 and from_account_id <> to_account_id)
);
create index on bare_transfers (from_account_id);
create index on bare_transfers (to_account_id);
create table bare_entries (
  id bigserial primary key,
  account_id text not null references bare_accounts (id),
  transfer_id bigint not null references bare_transfers (id),
  amount bigint not null,
  previous_balance bigint not null,
  current_balance bigint not null,
  account_version bigint not null,
  created_at timestamptz not null default now()
);
create index on bare_entries (account_id);
create index on bare_entries (transfer_id);

create function bare_transfer(from_id text, to_id text, moved bigint) returns bigint language plpgsql as $$
declare
  payer bare_accounts;
  payee bare_accounts;
  transfer bigint;
begin
  perform 1 from bare_accounts where id = least(from_id, to_id) for update;
  perform 1 from bare_accounts where id = greatest(from_id, to_id) for update;
  update bare_accounts set balance = balance - moved, version = version + 1, updated_at = now() where id = from_id returning * into payer;
  if not payer.allow_negative_balance and payer.balance < 0 then
    raise exception 'account % does not allow a negative balance', from_id;
  end if;
  update bare_accounts set balance = balance + moved, version = version + 1, updated_at = now() where id = to_id returning * into payee;
  if payer.currency <> payee.currency then
    raise exception 'accounts in % and %', payer.currency, payee.currency;
  end if;
  insert into bare_transfers (from_account_id, to_account_id, amount) values (from_id, to_id, moved) returning id into transfer;
  insert into bare_entries (account_id, transfer_id, amount, previous_balance, current_balance, account_version)
    values (from_id, transfer, -moved, payer.balance + moved, payer.balance, payer.version);
  insert into bare_entries (account_id, transfer_id, amount, previous_balance, current_balance, account_version)
    values (to_id, transfer, moved, payee.balance - moved, payee.balance, payee.version);
  return transfer;
end $$;
