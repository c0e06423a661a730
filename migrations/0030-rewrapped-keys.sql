-- A data key may be wrapped anew, by another master key (`keys rewrap`). Whose key it is, and its id, never change.
do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'countersign_app') then return; end if;
  grant update (wrapped_key) on data_keys to countersign_app;
end $$;
