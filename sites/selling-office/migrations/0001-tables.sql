create table commodities (
  sku text primary key,
  name text not null,
  price_amount bigint not null check (price_amount > 0),
  currency text not null,
  weight_grams int not null check (weight_grams > 0),
  handling_hours int not null check (handling_hours >= 0),
  on_hand int not null check (on_hand >= 0),
  reserved int not null default 0 check (reserved >= 0),
  -- Nothing is promised twice, whatever runs at once.
  constraint commodities_promised_is_there check (reserved <= on_hand)
);

create table charges (
  id bigserial primary key,
  sku text not null references commodities (sku),
  price_amount bigint not null check (price_amount > 0),
  currency text not null,
  since timestamptz not null
);
create index charges_sku_index on charges (sku, since);

create table orders (
  id text primary key,
  decision text not null default 'none' check (decision in ('none', 'waiting', 'promised', 'refused')),
  reason text,
  number text,
  echeck text,
  buyer_id text,
  distributor_id text,
  lines jsonb,
  deliver_to jsonb,
  charge_amount bigint,
  currency text,
  instruction text,
  reserved boolean not null default false,
  created_at timestamptz not null default now(),
  indicated_at timestamptz,
  delivered_at timestamptz,
  demanded_at timestamptz,
  paid_at timestamptz,
  paid_amount bigint,
  ended_at timestamptz,
  ending text,
  constraint orders_refused_for_a_reason check ((decision = 'refused') = (reason is not null)),
  constraint orders_promised_with_what check (decision not in ('waiting', 'promised') or echeck is not null and lines is not null),
  constraint orders_reserve_what_is_promised check (not reserved or decision in ('waiting', 'promised'))
);
create index orders_created_index on orders (created_at, id);

create table messages (
  digest text primary key,
  message_id text not null,
  order_id text not null,
  kind text not null,
  message text not null,
  receipt text not null,
  receipted_at timestamptz not null default now()
);
create index messages_order_index on messages (order_id, receipted_at);

create table errands (
  kind text not null check (kind in ('offers', 'demand', 'decision')),
  subject text not null,
  due_at timestamptz,
  version int not null default 1,
  attempts int not null default 0,
  done_at timestamptz,
  note text,
  primary key (kind, subject),
  constraint errands_done_are_not_due check (done_at is null or due_at is null)
);
create index errands_due_index on errands (due_at) where due_at is not null;
