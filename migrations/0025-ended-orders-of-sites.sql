-- Orders that ended early and may owe a party's own server the notice of it: found without a look at all the others.
create index "orders_ended_of_sites_index" on "orders" ("updated_at") where ending is not null and stage = (ending->>'stage') and (seller_agent = 'site' or distributor_agent = 'site');
