-- `order_events` is the outbox of event streams and webhooks. Readers go by (transaction_id, id): a transaction's events
-- show only once every older transaction has ended, so that nothing is ever committed behind a reader's back.
create index "order_events_outbox_index" on "order_events" ("transaction_id", "id");

create function announce_order_events() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  -- Without a payload: many events of one transaction are one wake-up, and what happened is read from the table.
  perform pg_notify('order_events', '');
  return null;
end $$;

create trigger order_events_announced after insert on order_events for each statement execute function announce_order_events();
