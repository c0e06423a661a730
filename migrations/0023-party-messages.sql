-- Parties with servers of their own: the office sends each a signed message and keeps the receipt that its server signed.
alter table "sellers" add column "site_url" text null;
alter table "sellers" drop constraint "sellers_agent_check";
alter table "sellers" add constraint "sellers_agent_check" check ("agent" in ('auto', 'manual', 'site'));
alter table "sellers" add constraint "sellers_site_has_address" check (agent <> 'site' or site_url is not null);
alter table "distributors" add column "site_url" text null;
alter table "distributors" drop constraint "distributors_agent_check";
alter table "distributors" add constraint "distributors_agent_check" check ("agent" in ('auto', 'manual', 'site'));
alter table "distributors" add constraint "distributors_site_has_address" check (agent <> 'site' or site_url is not null);

-- Message and receipt may hold an address: both rest sealed for the buyer. What is needed to find, count and compare them does not.
create table "party_messages" ("id" text not null, "order_id" text not null, "kind" text not null, "attempt" int null, "sender" text not null, "recipient" text not null, "message_sealed" text not null, "digest" text not null, "kid" text not null, "sent_at" timestamptz not null, "attempts" int not null default 0, "last_attempt_at" timestamptz null, "fault" jsonb null, "verdict" text null, "receipt_sealed" text null, "receipt_digest" text null, "receipt_key" jsonb null, "receipted_at" timestamptz null, primary key ("id"));
create index "party_messages_order_index" on "party_messages" ("order_id", "sent_at");
alter table "party_messages" add constraint "party_messages_named_by_order" check (id = order_id || ':' || kind || coalesce(':' || attempt, ''));
alter table "party_messages" add constraint "party_messages_receipt_whole" check (num_nulls(verdict, receipt_sealed, receipt_digest, receipt_key, receipted_at) in (0, 5));
alter table "party_messages" add constraint "party_messages_verdict_fits" check (verdict is null or case kind when 'presentation' then verdict in ('promised', 'refused', 'later') when 'instruction' then verdict in ('scheduled', 'refused', 'later') when 'schedule_again' then verdict in ('scheduled', 'received') else verdict = 'received' end);
alter table "party_messages" add constraint "party_messages_kind_check" check ("kind" in ('presentation', 'payment_indicated', 'completed', 'paid', 'ended', 'instruction', 'schedule_again', 'withdrawn'));
alter table "party_messages" add constraint "party_messages_verdict_check" check ("verdict" in ('promised', 'refused', 'later', 'received', 'scheduled'));

-- A message stays as it was sent, a receipt as it came, permanently: the first good one counts. Only a message that nobody has
-- signed for and whose key was revoked is signed again, or nobody could believe it any more.
create function party_message_is_kept() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if old.verdict is not null then
    raise exception 'message % has its receipt: nothing of it changes', old.id using errcode = 'CS005';
  end if;
  if row(new.id, new.order_id, new.kind, new.attempt, new.sender, new.recipient, new.sent_at)
      is distinct from row(old.id, old.order_id, old.kind, old.attempt, old.sender, old.recipient, old.sent_at) then
    raise exception 'message % stays what it is', old.id using errcode = 'CS005';
  end if;
  if row(new.message_sealed, new.digest, new.kid) is distinct from row(old.message_sealed, old.digest, old.kid)
      and not exists (select 1 from signing_keys k where k.kid = old.kid and k.status = 'revoked') then
    raise exception 'message % stays as it was sent', old.id using errcode = 'CS005';
  end if;
  return new;
end $$;
create trigger party_messages_kept before update on party_messages for each row execute function party_message_is_kept();
create trigger party_messages_not_deleted before delete on party_messages for each row execute function refuse_change();
create trigger party_messages_no_truncate before truncate on party_messages for each statement execute function refuse_change();

do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'countersign_app') then return; end if;
  grant select on party_messages to countersign_app;
  grant insert (id, order_id, kind, attempt, sender, recipient, message_sealed, digest, kid, sent_at) on party_messages to countersign_app;
  grant update (message_sealed, digest, kid, attempts, last_attempt_at, fault, verdict, receipt_sealed, receipt_digest, receipt_key, receipted_at)
    on party_messages to countersign_app;
end $$;
