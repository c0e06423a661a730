-- API and worker log in as members of `countersign_app` and never as the owner, so that there is nothing to go back to. A
-- database that was migrated while the role could not be made has none of its rights: here they are all once more, as they
-- stand after 0016. Granting what is granted changes nothing.
grant usage on schema public to countersign_app;
grant select on accounts, commodities, data_keys, distribution_reports, distributors, echecks, entries, late_entries, order_events, orders,
  outbox_readers, schema_migrations, sellers, signing_keys, transfers, webhook_deliveries, webhooks, api_keys,
  account_balances, account_entries, checks_with_accounts, orders_with_checks, outbox_events, webhook_states, webhook_backlogs,
  deliveries_with_events, waiting_orders to countersign_app;
grant usage on transfers_id_seq, entries_id_seq, order_events_id_seq, echecks_status_index_seq, webhook_deliveries_id_seq,
  distribution_reports_id_seq to countersign_app;
grant insert on orders, sellers, distributors, commodities, data_keys, signing_keys, webhooks, api_keys to countersign_app;
grant insert (key, kind, debit_account_id, credit_account_id, amount, fee_amount, currency, hold_id, order_id, check_number, reason)
  on transfers to countersign_app;
grant insert (order_id, key, type, actor, recipient, body, occurred_at) on order_events to countersign_app;
grant insert (number, order_id, buyer_id, seller_id, distributor_id, amount, currency, jws, kid, status, status_index, hold_id,
  seller_version, distributor_version, issued_at, expires_at) on echecks to countersign_app;
grant insert (id, kind, currency, credit_limit, status, agent) on accounts to countersign_app;
grant insert (webhook_id, event_id, order_id) on webhook_deliveries to countersign_app;
grant insert (order_id, event_id, kind, occurred_at, note, received_by_sealed) on distribution_reports to countersign_app;
grant update (credit_limit, status, agent, version, updated_at) on accounts to countersign_app;
grant update on orders, sellers, distributors, commodities to countersign_app;
grant update (status, updated_at) on echecks to countersign_app;
grant update (status, retired_at, revoked_at) on signing_keys to countersign_app;
grant update (secret_sealed, former_secret_sealed, former_secret_until, failures, failing_since, last_error, retry_at, prober, prober_until,
  disabled_at, disabled_reason) on webhooks to countersign_app;
grant update (status, told, attempts, last_error, updated_at, due_at, failing_since, told_at) on webhook_deliveries to countersign_app;
grant update (transaction_id, event_id, place) on outbox_readers to countersign_app;
grant update (revoked_at) on api_keys to countersign_app;
grant delete on data_keys, webhooks to countersign_app;

-- What PostgreSQL lets everybody make: large objects. Only a superuser may change that.
do $$
begin
  revoke execute on function lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) from public;
exception
  when insufficient_privilege then raise notice 'large objects can be made by every login of this database: deploy/postgres-roles.sh revokes that as an administrator';
end $$;
