-- Ids that stand for the service itself in records are no party's (domain/party.ts owns the list; a test compares both). Refused
-- where a row is made and not by a constraint: a party that had such an id before goes on being paid.
create function party_id_is_free() returns trigger language plpgsql set search_path = public, pg_temp as $$
declare
  id text := to_jsonb(new) ->> tg_argv[0];
begin
  if id in ('check-office', 'office', 'service', 'temporal', 'operator', 'distributor') or id like '%:%' then
    raise exception 'the id % is reserved: it stands for the service itself in records', id using errcode = 'CS004';
  end if;
  return new;
end $$;

create trigger accounts_of_parties before insert on accounts for each row when (new.kind in ('buyer', 'seller')) execute function party_id_is_free('id');
create trigger sellers_of_parties before insert on sellers for each row execute function party_id_is_free('id');
create trigger distributors_of_parties before insert on distributors for each row execute function party_id_is_free('id');
create trigger api_keys_of_parties before insert on api_keys for each row execute function party_id_is_free('party_id');
create trigger webhooks_of_parties before insert on webhooks for each row execute function party_id_is_free('party_id');
create trigger identities_of_parties before insert or update of party_id on identities for each row execute function party_id_is_free('party_id');
