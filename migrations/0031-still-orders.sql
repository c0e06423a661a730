-- The watch asks every few seconds which orders stand still. Orders on their way are many, for they wait for months: of them only those that are due,
-- those with a report that was not taken up and those that are to end are looked at.
create index "orders_on_their_way_index" on "orders" ("deliver_at") where stage in ('scheduled', 'in_distribution') and attention is null;
create index "orders_to_end_index" on "orders" ("updated_at") where ending is not null and attention is null and stage in ('requested', 'check_issued', 'presented', 'accepted', 'scheduled', 'in_distribution', 'delivered');
create index "distribution_reports_recorded_index" on "distribution_reports" ("recorded_at");
