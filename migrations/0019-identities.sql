-- Who subjects of outside issuers of tokens are here, and every change of that.
create table "identities" ("id" bigserial primary key, "issuer" text not null, "subject" text not null, "party_id" text not null, "role" text not null, "version" int not null default 1, "created_by" text not null, "changed_by" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now());
create index "identities_party_index" on "identities" ("party_id", "id");
alter table "identities" add constraint "identities_subject_unique" unique ("issuer", "subject");
alter table "identities" add constraint "identities_role_check" check ("role" in ('buyer', 'seller', 'distributor', 'operator'));

create table "identity_changes" ("id" bigserial primary key, "identity_id" bigint not null, "change" text not null, "issuer" text not null, "subject_digest" text not null, "party_id" text not null, "role" text not null, "actor" text not null, "occurred_at" timestamptz not null default now());
create index "identity_changes_identity_index" on "identity_changes" ("identity_id", "id");
alter table "identity_changes" add constraint "identity_changes_change_check" check ("change" in ('made', 'changed', 'deleted'));
alter table "identity_changes" add constraint "identity_changes_role_check" check ("role" in ('buyer', 'seller', 'distributor', 'operator'));

do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'countersign_app') then return; end if;
  grant select, insert, delete on identities to countersign_app;
  -- Whose it is stays: another subject is another identity.
  grant update (party_id, role, version, changed_by, updated_at) on identities to countersign_app;
  grant select, insert on identity_changes to countersign_app;
  grant usage on sequence identities_id_seq, identity_changes_id_seq to countersign_app;
end $$;
