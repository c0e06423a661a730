-- Messages that were never receipted, by their last attempt: few, while most have a receipt.
create index "party_messages_waiting_index" on "party_messages" ("last_attempt_at") where verdict is null;
