-- An operator who lists a rare stage would otherwise walk the index of all orders to its end: 80 ms at 100,000 orders.
create index "orders_stage_index" on "orders" ("stage", "created_at", "id");
