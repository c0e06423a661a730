create table calendar (
  id int primary key check (id = 1),
  time_zone text not null,
  countries text[] not null check (cardinality(countries) > 0),
  holiday_country text,
  holiday_region text,
  cut_off_hour int check (cut_off_hour between 0 and 24),
  home_hours int not null check (home_hours >= 0),
  abroad_hours int not null check (abroad_hours >= 0),
  collect_hours int not null check (collect_hours >= 0),
  grams_per_place int not null check (grams_per_place > 0),
  version int not null default 1,
  registered_version int,
  registration_fault text
);

create table weekly_hours (
  weekday int not null check (weekday between 1 and 7),
  hour int not null check (hour between 0 and 23),
  places int not null check (places between 1 and 60),
  primary key (weekday, hour)
);

create table closed_days (date text primary key check (date ~ '^\d{4}-\d\d-\d\d$'));

create table jobs (
  order_id text primary key,
  seller_id text not null,
  state text not null check (state in ('to_plan', 'refused', 'planned', 'picked_up', 'in_transit', 'failed', 'delivered',
    'returned', 'lost', 'cancelled')),
  lines jsonb not null,
  deliver_to jsonb,
  country text not null,
  weight_grams int not null,
  not_before timestamptz not null,
  deliver_at timestamptz,
  attempt int not null default 1,
  planned_at timestamptz,
  refusal text,
  office_stage text,
  created_at timestamptz not null,
  ended_at timestamptz,
  -- What a driver drives has its date.
  check (state not in ('planned', 'picked_up', 'in_transit', 'delivered') or deliver_at is not null)
);
create index jobs_state_index on jobs (state);
create index jobs_deliver_at_index on jobs (deliver_at);

-- The key is the place: what is taken cannot be taken again.
create table places (
  date text not null check (date ~ '^\d{4}-\d\d-\d\d$'),
  hour int not null check (hour between 0 and 23),
  number int not null check (number between 0 and 59),
  order_id text not null references jobs,
  primary key (date, hour, number)
);
create index places_order_index on places (order_id);

create table messages (
  id text primary key,
  order_id text not null,
  kind text not null,
  sender text not null,
  jws text,
  verdict text not null,
  body jsonb,
  received_at timestamptz not null,
  times int not null default 1
);
create index messages_order_index on messages (order_id);

create table receipts (
  digest text primary key,
  message_id text not null references messages,
  jws text not null,
  signed_at timestamptz not null
);
create index receipts_message_index on receipts (message_id);

create table calls (
  id bigint generated always as identity primary key,
  order_id text not null references jobs,
  key text not null,
  operation text not null check (operation in ('report', 'fix_date', 'look_up')),
  body jsonb not null,
  created_at timestamptz not null,
  tries int not null default 0,
  due_at timestamptz not null,
  answer text,
  answered_at timestamptz,
  constraint calls_key_unique unique (order_id, key)
);
create index calls_open_index on calls (due_at) where answered_at is null;

create table trusted_sellers (
  id text primary key,
  jwks_url text not null
);
