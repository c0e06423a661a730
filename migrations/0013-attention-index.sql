-- The orders that need a person are a handful among all, and are asked for every few seconds.
create index "orders_attention_index" on "orders" ("id") where attention is not null;
