-- A check's status moves only as the list below says, whoever writes the SQL. What a check says is
-- never changed: the application's role may update its status alone.
create function check_moves_only_forward() returns trigger language plpgsql as $$
begin
  if new.status <> old.status and not (old.status || '>' || new.status) = any (array[
    'issued>presented', 'issued>stopped', 'issued>expired', 'issued>voided',
    'presented>accepted', 'presented>stopped', 'presented>expired', 'presented>voided',
    'accepted>cleared', 'accepted>voided', 'accepted>returned',
    'cleared>final', 'cleared>refunded', 'cleared>returned',
    'final>refunded'
  ]) then
    raise exception 'check % may not move from % to %', old.number, old.status, new.status using errcode = 'CS006';
  end if;
  return new;
end $$;

create trigger echecks_move before update of status on echecks for each row execute function check_moves_only_forward();

-- A process that has not heard of a revocation yet must not put a check into the world with that key.
create function check_key_not_revoked() returns trigger language plpgsql as $$
begin
  if exists (select 1 from signing_keys where kid = new.kid and status = 'revoked') then
    raise exception 'check % is signed with the revoked key %', new.number, new.kid using errcode = 'CS007';
  end if;
  return new;
end $$;

create trigger echecks_key_not_revoked before insert on echecks for each row execute function check_key_not_revoked();

-- A key never comes back from retirement, and never from revocation.
create function signing_key_moves_only_forward() returns trigger language plpgsql as $$
begin
  if new.status <> old.status and not (old.status || '>' || new.status) = any (array[
    'active>retired', 'active>revoked', 'retired>revoked'
  ]) then
    raise exception 'signing key % may not move from % to %', old.kid, old.status, new.status using errcode = 'CS006';
  end if;
  return new;
end $$;

create trigger signing_keys_move before update on signing_keys for each row execute function signing_key_moves_only_forward();

do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'countersign_app') then return; end if;
  grant select, insert on signing_keys to countersign_app;
  grant update (status, retired_at, revoked_at) on signing_keys to countersign_app;
end $$;
