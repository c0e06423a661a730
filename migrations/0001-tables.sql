create table "accounts" ("id" text not null, "kind" text not null, "currency" char(3) not null, "balance" bigint not null default '0', "held" bigint not null default '0', "credit_limit" bigint not null default '0', "status" text not null default 'open', "agent" text not null default 'auto', "version" int not null default 1, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), primary key ("id"));
create unique index "accounts_one_office_account" on "accounts" ("kind", "currency") where kind in ('fees', 'clearing', 'world');
alter table "accounts" add constraint "accounts_held_not_negative" check (held >= 0);
alter table "accounts" add constraint "accounts_credit_limit_not_negative" check (credit_limit >= 0);
alter table "accounts" add constraint "accounts_within_limit" check (kind = 'world' or balance + credit_limit - held >= 0);
alter table "accounts" add constraint "accounts_within_json" check (credit_limit <= 9007199254740991 and (kind = 'world' or balance >= -9007199254740991 and balance + credit_limit <= 9007199254740991));
alter table "accounts" add constraint "accounts_closed_empty" check (status <> 'closed' or balance = 0 and held = 0);
alter table "accounts" add constraint "accounts_kind_check" check ("kind" in ('buyer', 'seller', 'fees', 'clearing', 'world'));
alter table "accounts" add constraint "accounts_status_check" check ("status" in ('open', 'frozen', 'closed'));
alter table "accounts" add constraint "accounts_agent_check" check ("agent" in ('auto', 'manual'));

create table "data_keys" ("kid" text not null, "party_id" text not null, "wrapped_key" text not null, "created_at" timestamptz not null default now(), primary key ("kid"));
alter table "data_keys" add constraint "data_keys_party_unique" unique ("party_id");

create table "distributors" ("id" text not null, "name" text not null, "status" text not null default 'active', "agent" text not null default 'auto', "terms" jsonb not null, "version" int not null default 1, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), primary key ("id"));
alter table "distributors" add constraint "distributors_status_check" check ("status" in ('active', 'suspended'));
alter table "distributors" add constraint "distributors_agent_check" check ("agent" in ('auto', 'manual'));

create table "orders" ("id" text not null, "buyer_id" text not null, "seller_id" text not null, "distributor_id" text not null, "stage" text not null, "attention" jsonb null, "refusal" jsonb null, "request_digest" text not null, "lines" jsonb not null, "charge_amount" bigint not null default '0', "currency" char(3) null, "deliver_to_sealed" text not null, "settle_on" text not null, "deliver_at" timestamptz null, "distribution_status" text null, "payment_status" text not null default 'none', "settled_amount" bigint not null default '0', "refunded_amount" bigint not null default '0', "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), primary key ("id"));
create index "orders_buyer_index" on "orders" ("buyer_id", "created_at", "id");
create index "orders_seller_index" on "orders" ("seller_id", "created_at", "id");
create index "orders_distributor_index" on "orders" ("distributor_id", "created_at", "id");
create index "orders_created_index" on "orders" ("created_at", "id");
alter table "orders" add constraint "orders_settled_within_charge" check (settled_amount >= 0 and settled_amount <= charge_amount);
alter table "orders" add constraint "orders_refunded_within_settled" check (refunded_amount >= 0 and refunded_amount <= settled_amount);
alter table "orders" add constraint "orders_stage_check" check ("stage" in ('requested', 'check_issued', 'presented', 'accepted', 'scheduled', 'in_distribution', 'delivered', 'completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded'));
alter table "orders" add constraint "orders_settle_on_check" check ("settle_on" in ('delivery', 'notice'));
alter table "orders" add constraint "orders_payment_status_check" check ("payment_status" in ('none', 'held', 'settled', 'voided', 'refunded'));

create table "order_events" ("id" bigserial primary key, "order_id" text not null, "key" text not null, "type" text not null, "actor" text not null, "recipient" text null, "body" jsonb not null, "occurred_at" timestamptz not null default now(), "transaction_id" xid8 not null default pg_current_xact_id());
create index "order_events_order_index" on "order_events" ("order_id", "id");
alter table "order_events" add constraint "order_events_key_unique" unique ("order_id", "key");

create table "sellers" ("id" text not null, "name" text not null, "status" text not null default 'active', "agent" text not null default 'auto', "fee_basis_points" int not null default 0, "version" int not null default 1, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), primary key ("id"));
alter table "sellers" add constraint "sellers_fee_within_price" check (fee_basis_points >= 0 and fee_basis_points <= 10000);
alter table "sellers" add constraint "sellers_status_check" check ("status" in ('active', 'suspended'));
alter table "sellers" add constraint "sellers_agent_check" check ("agent" in ('auto', 'manual'));

create table "commodities" ("seller_id" text not null, "sku" text not null, "name" text not null, "price_amount" bigint not null, "currency" char(3) not null, "weight_grams" int not null, "handling_hours" int not null default 24, "active" boolean not null default true, "updated_at" timestamptz not null default now(), primary key ("seller_id", "sku"));
alter table "commodities" add constraint "commodities_price_positive" check (price_amount > 0);
alter table "commodities" add constraint "commodities_weight_positive" check (weight_grams > 0);

create table "signing_keys" ("kid" text not null, "public_key" jsonb not null, "status" text not null default 'active', "created_at" timestamptz not null default clock_timestamp(), "retired_at" timestamptz null, "revoked_at" timestamptz null, primary key ("kid"));
alter table "signing_keys" add constraint "signing_keys_status_check" check ("status" in ('active', 'retired', 'revoked'));

create table "transfers" ("id" bigserial primary key, "key" text not null, "kind" text not null, "debit_account_id" text not null, "credit_account_id" text not null, "amount" bigint not null, "fee_amount" bigint not null default '0', "currency" char(3) not null, "hold_id" bigint null, "order_id" text null, "check_number" text null, "reason" text null, "created_at" timestamptz not null default now());
create index "transfers_order_index" on "transfers" ("order_id");
create unique index "transfers_hold_resolved_once" on "transfers" ("hold_id") where kind in ('capture', 'void', 'expire');
alter table "transfers" add constraint "transfers_key_unique" unique ("key");
alter table "transfers" add constraint "transfers_amount_positive" check (amount > 0);
alter table "transfers" add constraint "transfers_between_two_accounts" check (debit_account_id <> credit_account_id);
alter table "transfers" add constraint "transfers_name_their_hold" check ((kind in ('capture', 'void', 'expire')) = (hold_id is not null));
alter table "transfers" add constraint "transfers_name_their_order" check ((kind in ('deposit', 'withdrawal')) = (order_id is null));
alter table "transfers" add constraint "transfers_fee_within_amount" check (fee_amount >= 0 and fee_amount <= amount and (fee_amount = 0 or kind in ('capture', 'refund')));
alter table "transfers" add constraint "transfers_holds_name_their_check" check (kind <> 'hold' or check_number is not null);
alter table "transfers" add constraint "transfers_kind_check" check ("kind" in ('deposit', 'withdrawal', 'hold', 'capture', 'void', 'expire', 'refund'));

create table "entries" ("id" bigserial primary key, "transfer_id" bigint not null, "account_id" text not null, "currency" char(3) not null, "amount" bigint not null, "held_amount" bigint not null, "balance_after" bigint null, "held_after" bigint not null, "created_at" timestamptz not null default now());
create index "entries_account_index" on "entries" ("account_id", "id");
create index "entries_transfer_index" on "entries" ("transfer_id");

create table "late_entries" ("entry_id" bigint not null, "account_id" text not null, "amount" bigint not null, "balance_after" bigint null, primary key ("entry_id"));
create index "late_entries_uncounted_index" on "late_entries" ("account_id", "entry_id") where balance_after is null;

create table "echecks" ("number" text not null, "order_id" text not null, "buyer_id" text not null, "seller_id" text not null, "distributor_id" text not null, "amount" bigint not null, "currency" char(3) not null, "jws" text not null, "kid" text not null, "status" text not null, "status_index" bigserial, "hold_id" bigint not null, "seller_version" int not null, "distributor_version" int not null, "issued_at" timestamptz not null, "expires_at" timestamptz not null, "updated_at" timestamptz not null default now(), primary key ("number"));
create index "echecks_expiry_index" on "echecks" using brin ("expires_at");
create index "echecks_open_expiry_index" on "echecks" ("expires_at") where status in ('issued', 'presented');
alter table "echecks" add constraint "echecks_order_unique" unique ("order_id");
alter table "echecks" add constraint "echecks_hold_unique" unique ("hold_id");
alter table "echecks" add constraint "echecks_status_index_unique" unique ("status_index");
alter table "echecks" add constraint "echecks_amount_positive" check (amount > 0);
alter table "echecks" add constraint "echecks_status_check" check ("status" in ('issued', 'presented', 'accepted', 'cleared', 'final', 'stopped', 'expired', 'voided', 'returned', 'refunded'));

alter table "commodities" add constraint "commodities_seller_id_foreign" foreign key ("seller_id") references "sellers" ("id") on update restrict on delete restrict;

alter table "transfers" add constraint "transfers_debit_account_id_foreign" foreign key ("debit_account_id") references "accounts" ("id") on update restrict on delete restrict;
alter table "transfers" add constraint "transfers_credit_account_id_foreign" foreign key ("credit_account_id") references "accounts" ("id") on update restrict on delete restrict;

alter table "entries" add constraint "entries_transfer_id_foreign" foreign key ("transfer_id") references "transfers" ("id") on update restrict on delete restrict;
alter table "entries" add constraint "entries_account_id_foreign" foreign key ("account_id") references "accounts" ("id") on update restrict on delete restrict;

alter table "echecks" add constraint "echecks_order_id_foreign" foreign key ("order_id") references "orders" ("id") on update restrict on delete restrict;
alter table "echecks" add constraint "echecks_hold_id_foreign" foreign key ("hold_id") references "transfers" ("id") on update restrict on delete restrict;

alter table "late_entries" add constraint "late_entries_entry_id_foreign" foreign key ("entry_id") references "entries" ("id") on update restrict on delete restrict;
