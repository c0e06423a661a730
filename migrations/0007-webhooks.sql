-- Webhooks of parties, what was and is to be delivered to them, and how far the outbox was read for them.
create table "webhooks" ("id" text not null, "party_id" text not null, "role" text not null, "url" text not null, "types" jsonb null, "secret_sealed" text not null, "former_secret_sealed" text null, "former_secret_until" timestamptz null, "created_at" timestamptz not null default now(), primary key ("id"));
create index "webhooks_party_index" on "webhooks" ("party_id");
alter table "webhooks" add constraint "webhooks_role_check" check ("role" in ('buyer', 'seller', 'distributor', 'operator'));

create table "webhook_deliveries" ("id" bigserial primary key, "webhook_id" text not null, "event_id" bigint not null, "order_id" text not null, "status" text not null default 'pending', "told" boolean not null default false, "attempts" int not null default 0, "last_error" text null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now());
alter table "webhook_deliveries" add constraint "webhook_deliveries_event_unique" unique ("webhook_id", "event_id");
alter table "webhook_deliveries" add constraint "webhook_deliveries_status_check" check ("status" in ('pending', 'delivered', 'dead'));
alter table "webhook_deliveries" add constraint "webhook_deliveries_webhook_id_foreign" foreign key ("webhook_id") references "webhooks" ("id") on update restrict on delete cascade;
create index "webhook_deliveries_pending_index" on "webhook_deliveries" ("webhook_id", "order_id", "id") where status = 'pending';
create index "webhook_deliveries_untold_index" on "webhook_deliveries" ("id") where not told;

create table "outbox_readers" ("name" text not null, "transaction_id" xid8 not null, "event_id" bigint not null, primary key ("name"));
-- Events of before the first webhook are nobody's.
insert into "outbox_readers" ("name", "transaction_id", "event_id") values ('webhooks', pg_snapshot_xmin(pg_current_snapshot()), 0);

create table "api_keys" ("id" text not null, "party_id" text not null, "role" text not null, "scopes" jsonb not null, "name" text not null, "hash" text not null, "created_by" text not null, "created_at" timestamptz not null default now(), "expires_at" timestamptz null, "revoked_at" timestamptz null, primary key ("id"));
alter table "api_keys" add constraint "api_keys_hash_unique" unique ("hash");
alter table "api_keys" add constraint "api_keys_role_check" check ("role" in ('buyer', 'seller', 'distributor', 'operator'));

do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'countersign_app') then return; end if;
  grant select on webhooks, webhook_deliveries, outbox_readers, api_keys to countersign_app;
  grant insert, delete on webhooks to countersign_app;
  grant update (secret_sealed, former_secret_sealed, former_secret_until) on webhooks to countersign_app;
  grant insert (webhook_id, event_id, order_id) on webhook_deliveries to countersign_app;
  grant update (status, told, attempts, last_error, updated_at) on webhook_deliveries to countersign_app;
  grant update (transaction_id, event_id) on outbox_readers to countersign_app;
  grant insert on api_keys to countersign_app;
  grant update (revoked_at) on api_keys to countersign_app;
  grant usage on sequence webhook_deliveries_id_seq to countersign_app;
end $$;
