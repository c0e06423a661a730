-- Events and entries of orders that ended long ago move from the live tables into tables of one month each, in the schema
-- `archive`. These inherit from the live tables (PostgreSQL's `inherits`), so that whoever reads `order_events`, `entries` or
-- `late_entries` reads both, and nobody sees a difference: balances are still the sums of their entries, timelines are whole.
-- Deleting from a live table IS archiving: a trigger refuses what has not ended and writes the rest into its month.
-- Where every unique key stands, and every hold and payment: `orders`, `transfers`, `echecks` are never archived.
create schema "archive";

-- Late entries are few, and have no time of their own.
create table "archive"."late_entries" (primary key ("entry_id")) inherits ("late_entries");
create index "archive_late_entries_uncounted_index" on "archive"."late_entries" ("account_id", "entry_id") where balance_after is null;

-- What is archived stays as it is; only the triggers below write there.
create function archive_guard(archived regclass) returns void language plpgsql set search_path = public, pg_temp as $$
begin
  execute format('create trigger archived_kept before update or delete on %s for each row execute function refuse_change()', archived);
  execute format('create trigger archived_no_truncate before truncate on %s for each statement execute function refuse_change()', archived);
  execute format('create trigger archived_by_move_only before insert on %s for each row
    when (pg_trigger_depth() = 0) execute function refuse_change()', archived);
end $$;
revoke execute on function archive_guard(regclass) from public;
select archive_guard('archive.late_entries');

-- Makes the tables of the months before a time that have anything to archive, and returns how many it made. The live table is
-- locked for that moment: a statement that was planned without a month must have ended before something moves there. Rather
-- than hold the service up behind a long statement it gives up (55P03), and is called again.
create function archive_months(before timestamptz) returns int language plpgsql security definer
  set search_path = public, pg_temp set lock_timeout = '500ms' as $$
declare
  due record;
  made int := 0;
begin
  for due in
    select 'order_events' as live, 'occurred_at' as clock, date_trunc('month', occurred_at at time zone 'UTC') as month
      from only order_events where occurred_at < before group by 3
    union all
    select 'entries', 'created_at', date_trunc('month', created_at at time zone 'UTC') from only entries where created_at < before group by 3
    order by 1, 3
  loop
    continue when to_regclass(format('archive.%I', archive_name(due.live, due.month))) is not null;
    execute format('lock table %I in access exclusive mode', due.live);
    continue when to_regclass(format('archive.%I', archive_name(due.live, due.month))) is not null;
    execute format('create table archive.%1$I (primary key (id), check (%3$I >= %4$L::timestamptz and %3$I < %5$L::timestamptz)) inherits (%2$I)',
      archive_name(due.live, due.month), due.live, due.clock, due.month at time zone 'UTC', (due.month + interval '1 month') at time zone 'UTC');
    execute format('create index on archive.%I using brin (%I)', archive_name(due.live, due.month), due.clock);
    if due.live = 'order_events' then
      execute format('create unique index on archive.%I (order_id, key)', archive_name(due.live, due.month));
      execute format('create index on archive.%I (occurred_at) where type in (''order_completed'', ''order_declined'', ''order_rejected'',
        ''order_expired'', ''order_cancelled'', ''order_refunded'')', archive_name(due.live, due.month));
    else
      execute format('create index on archive.%I (account_id, id)', archive_name(due.live, due.month));
      execute format('create index on archive.%I (transfer_id)', archive_name(due.live, due.month));
    end if;
    perform archive_guard(format('archive.%I', archive_name(due.live, due.month))::regclass);
    made := made + 1;
  end loop;
  return made;
end $$;

-- `order_events_2026_11`: months are those of UTC.
create function archive_name(live text, month timestamp) returns text language sql stable set search_path = public, pg_temp as $$
  select live || '_' || to_char(month, 'YYYY_MM')
$$;

-- Deleted events move into their months. Only orders that have ended let go of theirs.
create function archive_events() returns trigger language plpgsql security definer
  set search_path = public, pg_temp set enable_seqscan = off as $$
declare
  of_month timestamp;
begin
  if exists (select from (select distinct order_id from gone) g where not exists (select from orders o where o.id = g.order_id
      and o.stage in ('completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded'))) then
    raise exception 'DELETE refused: % is kept for ever; the events of an order that has ended can be archived', tg_table_name using errcode = 'CS005';
  end if;
  for of_month in select distinct date_trunc('month', occurred_at at time zone 'UTC') from gone loop
    execute format('insert into archive.%I select * from gone where date_trunc(''month'', occurred_at at time zone ''UTC'') = %L',
      archive_name('order_events', of_month), of_month);
  end loop;
  return null;
end $$;

-- Deleted entries move into their months. An entry of an order that has not ended stays, and one that is not in its account's
-- stored balance yet: `late_entries` points to it.
create function archive_entries() returns trigger language plpgsql security definer
  set search_path = public, pg_temp set enable_seqscan = off as $$
declare
  of_month timestamp;
begin
  if exists (select from gone g join transfers t on t.id = g.transfer_id where t.order_id is not null
      and not exists (select from orders o where o.id = t.order_id
        and o.stage in ('completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded'))) then
    raise exception 'DELETE refused: % is kept for ever; the entries of an order that has ended can be archived', tg_table_name using errcode = 'CS005';
  end if;
  for of_month in select distinct date_trunc('month', created_at at time zone 'UTC') from gone loop
    execute format('insert into archive.%I select * from gone where date_trunc(''month'', created_at at time zone ''UTC'') = %L',
      archive_name('entries', of_month), of_month);
  end loop;
  return null;
end $$;

-- Late entries move ahead of their entries, once they are counted.
create function archive_late_entries() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (select from gone where balance_after is null) then
    raise exception 'DELETE refused: % is kept for ever; what its account''s balance counts can be archived', tg_table_name using errcode = 'CS005';
  end if;
  insert into archive.late_entries select * from gone;
  return null;
end $$;

drop trigger order_events_append_only on order_events;
create trigger order_events_append_only before update on order_events for each row execute function refuse_change();
create trigger order_events_archived after delete on order_events referencing old table as gone
  for each statement execute function archive_events();
drop trigger entries_append_only on entries;
create trigger entries_append_only before update on entries for each row execute function refuse_change();
create trigger entries_archived after delete on entries referencing old table as gone
  for each statement execute function archive_entries();
drop trigger late_entries_kept on late_entries;
create trigger late_entries_archived after delete on late_entries referencing old table as gone
  for each statement execute function archive_late_entries();

-- The key of an archived event is still taken: the same event once more is left out, as `on conflict do nothing` does with a live
-- one. Only an ended order can have archived events; the lock on its row waits for a move that is under way.
create function leave_out_archived() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform from orders where id = new.order_id
    and stage in ('completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded') for key share;
  if found and exists (select from order_events e where e.order_id = new.order_id and e.key = new.key
      and e.tableoid <> tg_relid) then
    return null;
  end if;
  return new;
end $$;
create trigger order_events_not_archived before insert on order_events for each row execute function leave_out_archived();

-- Archives one batch: at most so many orders that ended before a time and of which nothing is younger; when there is none left,
-- at most so many entries of movements without an order. Returns what it moved; nothing at all: done. Orders that somebody else
-- has locked are left for the next time, and so are those with an entry that is not in its account's stored balance yet. Oldest
-- first, each looked at by itself: a batch costs what it moves, however many there are.
create function archive_batch(before timestamptz, at_most int, out orders int, out events int, out entries int)
  language plpgsql security definer set search_path = public, pg_temp
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  chosen text[];
  moving bigint[];
begin
  select array_agg(id) into chosen from (
    select o.id from orders o where o.stage in ('completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded') and o.id in (
      select e.order_id from only order_events e
      where e.type in ('order_completed', 'order_declined', 'order_rejected', 'order_expired', 'order_cancelled', 'order_refunded')
        and e.occurred_at < before
        and not exists (select from only order_events l where l.order_id = e.order_id and l.occurred_at >= before)
        and not exists (select from transfers t join only entries n on n.transfer_id = t.id left join late_entries l on l.entry_id = n.id
          where t.order_id = e.order_id and (n.created_at >= before or l.entry_id is not null and l.balance_after is null))
      order by e.occurred_at limit at_most)
    for update of o skip locked) as ended;
  if chosen is not null then
    select array_agg(n.id) into moving from only entries n join transfers t on t.id = n.transfer_id where t.order_id = any (chosen);
  else
    select array_agg(id) into moving from (
      select n.id from only entries n join transfers t on t.id = n.transfer_id
      where t.order_id is null and n.created_at < before
        and not exists (select from late_entries l where l.entry_id = n.id and l.balance_after is null)
      limit at_most) as moved;
  end if;
  delete from only late_entries where entry_id = any (moving);
  delete from only public.entries where id = any (moving);
  get diagnostics entries = row_count;
  delete from only order_events where order_id = any (chosen);
  get diagnostics events = row_count;
  orders := coalesce(array_length(chosen, 1), 0);
end $$;

-- The service's login may not delete; it may archive, which loses nothing.
revoke execute on function archive_months(timestamptz), archive_batch(timestamptz, int), archive_name(text, timestamp),
  archive_events(), archive_entries(), archive_late_entries(), leave_out_archived() from public;
do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'countersign_app') then return; end if;
  grant execute on function archive_months(timestamptz), archive_batch(timestamptz, int) to countersign_app;
end $$;
