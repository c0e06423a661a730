-- Figures of a period read the events of that period. Events lie on disk nearly in the order of their times: a block range index
-- finds them at next to no cost.
create index "order_events_time_index" on "order_events" using brin ("occurred_at");
