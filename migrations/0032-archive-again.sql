-- What follows an archived order (a refund by the seller, a look at its address) is archived by the next run, whatever it is.
-- Orders of which some events are archived and others live; they leave with the batch that moves those.
create table "archive"."followed" ("order_id" text primary key);

insert into archive.followed
  select distinct e.order_id from only order_events e
  where exists (select from order_events a where a.order_id = e.order_id and a.tableoid <> 'order_events'::regclass)
    and exists (select from orders o where o.id = e.order_id
      and o.stage in ('completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded'));

-- As before, and an event that is not left out marks its order.
create or replace function leave_out_archived() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
  is_archived boolean;
begin
  perform from orders where id = new.order_id
    and stage in ('completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded') for key share;
  if not found then return new; end if;
  select bool_or(e.key = new.key) into is_archived from order_events e where e.order_id = new.order_id and e.tableoid <> tg_relid;
  if is_archived then return null; end if;
  if is_archived is not null then
    insert into archive.followed values (new.order_id) on conflict do nothing;
  end if;
  return new;
end $$;

-- The table of a month, null while there is none. Throws where one of that name is not read with the live table any more: what is
-- written there would be gone for every reader.
create function archive_table(live text, month timestamp) returns regclass language plpgsql stable set search_path = public, pg_temp as $$
declare
  named regclass := to_regclass(format('archive.%I', archive_name(live, month)));
begin
  if named is not null and not exists (select from pg_inherits where inhrelid = named and inhparent = live::regclass) then
    raise exception '% was taken out of % and still has the name of its month: something of that month is to be archived. Take it in again (alter table % inherit %), or rename it',
      named, live, named, live using errcode = 'object_not_in_prerequisite_state';
  end if;
  return named;
end $$;

-- Makes the table of one month before a time that has anything to archive and has none yet. Returns how many it made: 0 when no
-- month lacks one. The live table is locked for that one table: a statement that was planned without a month must have ended
-- before something moves there. Rather than hold the service up behind a long statement it gives up (55P03), and is called again.
create or replace function archive_months(before timestamptz) returns int language plpgsql security definer
  set search_path = public, pg_temp set lock_timeout = '500ms' as $$
declare
  due record;
  named text;
begin
  for due in
    select 'order_events' as live, 'occurred_at' as clock, date_trunc('month', occurred_at at time zone 'UTC') as month
      from only order_events where occurred_at < before group by 3
    union all
    select 'entries', 'created_at', date_trunc('month', created_at at time zone 'UTC') from only entries where created_at < before group by 3
    order by 1, 3
  loop
    continue when archive_table(due.live, due.month) is not null;
    execute format('lock table %I in access exclusive mode', due.live);
    -- Somebody else has made it meanwhile.
    if archive_table(due.live, due.month) is not null then return 1; end if;
    named := archive_name(due.live, due.month);
    execute format('create table archive.%1$I (primary key (id), check (%3$I >= %4$L::timestamptz and %3$I < %5$L::timestamptz)) inherits (%2$I)',
      named, due.live, due.clock, due.month at time zone 'UTC', (due.month + interval '1 month') at time zone 'UTC');
    execute format('create index on archive.%I using brin (%I)', named, due.clock);
    if due.live = 'order_events' then
      execute format('create unique index on archive.%I (order_id, key)', named);
      execute format('create index on archive.%I (occurred_at) where type in (''order_completed'', ''order_declined'', ''order_rejected'',
        ''order_expired'', ''order_cancelled'', ''order_refunded'')', named);
    else
      execute format('create index on archive.%I (account_id, id)', named);
      execute format('create index on archive.%I (transfer_id)', named);
    end if;
    perform archive_guard(format('archive.%I', named)::regclass);
    return 1;
  end loop;
  return 0;
end $$;

-- As before, but nothing moves into a month that was taken out meanwhile.
create or replace function archive_events() returns trigger language plpgsql security definer
  set search_path = public, pg_temp set enable_seqscan = off as $$
declare
  of_month timestamp;
begin
  if exists (select from (select distinct order_id from gone) g where not exists (select from orders o where o.id = g.order_id
      and o.stage in ('completed', 'declined', 'rejected', 'expired', 'cancelled', 'refunded'))) then
    raise exception 'DELETE refused: % is kept for ever; the events of an order that has ended can be archived', tg_table_name using errcode = 'CS005';
  end if;
  for of_month in select distinct date_trunc('month', occurred_at at time zone 'UTC') from gone loop
    perform archive_table('order_events', of_month);
    execute format('insert into archive.%I select * from gone where date_trunc(''month'', occurred_at at time zone ''UTC'') = %L',
      archive_name('order_events', of_month), of_month);
  end loop;
  return null;
end $$;

create or replace function archive_entries() returns trigger language plpgsql security definer
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
    perform archive_table('entries', of_month);
    execute format('insert into archive.%I select * from gone where date_trunc(''month'', created_at at time zone ''UTC'') = %L',
      archive_name('entries', of_month), of_month);
  end loop;
  return null;
end $$;

-- Nothing of the order is younger, and all its entries are in their accounts' stored balances.
create function archive_is_due(of_order text, before timestamptz) returns boolean language sql stable as $$
  select not exists (select from only public.order_events l where l.order_id = of_order and l.occurred_at >= before)
    and not exists (select from public.transfers t join only public.entries n on n.transfer_id = t.id
      left join public.late_entries l on l.entry_id = n.id
      where t.order_id = of_order and (n.created_at >= before or l.entry_id is not null and l.balance_after is null))
$$;

-- Archives one batch: at most so many orders that ended before a time and of which nothing is younger; when there is none left,
-- at most so many archived ones of what came after; then at most so many entries of movements without an order. Returns what it
-- moved; nothing at all: done. Orders that somebody else has locked are left for the next time, and so are those with an entry
-- that is not in its account's stored balance yet. Oldest first, each looked at by itself: a batch costs what it moves, however
-- many there are.
create or replace function archive_batch(before timestamptz, at_most int, out orders int, out events int, out entries int)
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
        and e.occurred_at < before and archive_is_due(e.order_id, before)
      order by e.occurred_at limit at_most)
    for update of o skip locked) as ended;
  if chosen is null then
    select array_agg(id) into chosen from (
      select o.id from orders o where o.id in (
        select f.order_id from archive.followed f where archive_is_due(f.order_id, before) order by f.order_id limit at_most)
      for update of o skip locked) as followed;
  end if;
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
  delete from archive.followed where order_id = any (chosen);
  orders := coalesce(array_length(chosen, 1), 0);
end $$;

revoke execute on function archive_table(text, timestamp), archive_is_due(text, timestamptz) from public;
