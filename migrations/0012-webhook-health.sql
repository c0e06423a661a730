-- How a webhook’s receiver does, where every worker reads it: the circuit breaker, and whether the webhook is disabled.
alter table "webhooks" add column "failures" int not null default 0, add column "failing_since" timestamptz null, add column "last_error" text null, add column "retry_at" timestamptz null, add column "prober" text null, add column "prober_until" timestamptz null, add column "disabled_at" timestamptz null, add column "disabled_reason" text null;
alter table "webhooks" add constraint "webhooks_disabled_reason_check" check ("disabled_reason" in ('gone', 'failing', 'forbidden_target', 'party_forgotten'));
alter table "webhooks" add constraint "webhooks_disabled_check" check ((disabled_at is null) = (disabled_reason is null));
-- The same id in another role is another party.
drop index "webhooks_party_index";
create index "webhooks_party_index" on "webhooks" ("role", "party_id");
create index "webhooks_created_index" on "webhooks" ("created_at", "id");

-- When a delivery may be tried next, since when it fails, and when its lane was told to deliver it.
alter table "webhook_deliveries" add column "due_at" timestamptz not null default now(), add column "failing_since" timestamptz null, add column "told_at" timestamptz null;
drop index "webhook_deliveries_untold_index";
create index "webhook_deliveries_waiting_index" on "webhook_deliveries" ("webhook_id", "due_at", "id") where status = 'pending' and not told;
create index "webhook_deliveries_told_index" on "webhook_deliveries" ("webhook_id", "order_id") where status = 'pending' and told;

do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'countersign_app') then return; end if;
  grant update (failures, failing_since, last_error, retry_at, prober, prober_until, disabled_at, disabled_reason) on webhooks to countersign_app;
  grant update (due_at, failing_since, told_at) on webhook_deliveries to countersign_app;
end $$;
