-- The application works as `countersign_app`: it may insert transfers, events, checks and orders, and never touch a balance,
-- an entry or a written transfer. Where the migrating user may not create roles, the triggers still guard the ledger.
do $$
begin
  create role countersign_app nologin;
exception
  when duplicate_object or unique_violation then null;
  when insufficient_privilege then raise notice 'no right to create roles: the application runs as %', current_user;
end $$;

do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'countersign_app') then return; end if;
  -- Since PostgreSQL 16 whoever creates a role administers it, but works as it only after this grant.
  begin
    execute format('grant countersign_app to %I', current_user);
  exception
    when insufficient_privilege then raise notice 'countersign_app is another user''s: the application runs as %', current_user;
  end;
  grant usage on schema public to countersign_app;
  grant select on all tables in schema public to countersign_app;
  grant usage on all sequences in schema public to countersign_app;
  grant insert on orders, sellers, distributors, commodities, data_keys to countersign_app;
  -- Ids and times of what is kept for ever come from the database.
  grant insert (key, kind, debit_account_id, credit_account_id, amount, fee_amount, currency, hold_id, order_id, check_number, reason)
    on transfers to countersign_app;
  grant insert (order_id, key, type, actor, recipient, body, occurred_at) on order_events to countersign_app;
  grant insert (number, order_id, buyer_id, seller_id, distributor_id, amount, currency, jws, kid, status, status_index, hold_id,
    seller_version, distributor_version, issued_at, expires_at) on echecks to countersign_app;
  grant insert (id, kind, currency, credit_limit, status, agent) on accounts to countersign_app;
  grant update (credit_limit, status, agent, version, updated_at) on accounts to countersign_app;
  grant update on orders, sellers, distributors, commodities to countersign_app;
  grant update (status, updated_at) on echecks to countersign_app;
  grant delete on data_keys to countersign_app;
end $$;

-- Nobody may plant a table, function or operator that the ledger's functions could mistake for their own.
do $$
begin
  revoke create on schema public from public;
  execute format('revoke temporary on database %I from public', current_database());
exception
  when insufficient_privilege then raise notice 'public keeps its default rights: the ledger''s functions fix their search path all the same';
end $$;
