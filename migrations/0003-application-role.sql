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
  if not pg_has_role(current_user, 'countersign_app', 'member') then execute format('grant countersign_app to %I', current_user); end if;
  grant usage on schema public to countersign_app;
  grant select on all tables in schema public to countersign_app;
  grant usage on all sequences in schema public to countersign_app;
  grant insert on transfers, order_events, orders, echecks, sellers, distributors, commodities, data_keys to countersign_app;
  grant insert (id, kind, currency, credit_limit, status, agent) on accounts to countersign_app;
  grant update (credit_limit, status, agent, version, updated_at) on accounts to countersign_app;
  grant update on orders, sellers, distributors, commodities to countersign_app;
  grant update (status, updated_at) on echecks to countersign_app;
  grant delete on data_keys to countersign_app;
end $$;
