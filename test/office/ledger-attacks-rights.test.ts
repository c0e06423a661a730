import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { attackedBook, type AttackedBook } from '../support/intruder.ts';

// Somebody has the application's database password and writes SQL by hand. What rights alone refuse stands here; what the
// ledger's rules refuse, in ledger-attacks-rules.test.ts.

let book: AttackedBook;
beforeAll(async () => {
  book = await attackedBook();
});
afterAll(() => book.close());

describe('the application role cannot touch what the ledger keeps', () => {
  test.each<[string, string]>([
    ['raise a balance', `update accounts set balance = 1000000 where id = 'ada'`],
    ['lower what is held', `update accounts set held = 0`],
    [
      'open an account with money on it',
      `insert into accounts (id, kind, currency, balance) values ('x', 'buyer', 'EUR', 100)`,
    ],
    ['turn a buyer into the outside world', `update accounts set kind = 'world' where id = 'ada'`],
    ['change an account to a stronger currency', `update accounts set currency = 'EUR' where id = 'yen'`],
    ['delete an account', `delete from accounts where id = 'bob'`],
    [
      'upsert over an account',
      `insert into accounts (id, kind, currency) values ('ada', 'buyer', 'EUR') on conflict (id) do update set balance = 1`,
    ],
    [
      'forge an entry',
      `insert into entries (transfer_id, account_id, currency, amount, held_amount, balance_after, held_after) values (1, 'ada', 'EUR', 5, 0, 5, 0)`,
    ],
    ['change an entry', `update entries set amount = amount + 1`],
    ['delete entries', `delete from entries`],
    ['empty the entries', `truncate entries cascade`],
    ['forge a late entry', `insert into late_entries (entry_id, account_id, amount) values (1, 'ada', 100)`],
    ['count a late entry again', `update late_entries set balance_after = null`],
    ['change a transfer', `update transfers set amount = 1`],
    ['delete a transfer', `delete from transfers where kind = 'capture'`],
    ['empty the transfers', `truncate transfers cascade`],
    [
      'upsert over a transfer',
      `insert into transfers (key, kind, debit_account_id, credit_account_id, amount, currency) select key, kind, debit_account_id, credit_account_id, 9, currency from transfers limit 1 on conflict (key) do update set amount = 9`,
    ],
    [
      'choose the id of a transfer',
      `insert into transfers (id, key, kind, debit_account_id, credit_account_id, amount, currency) values (999999, 'x', 'deposit', 'office:world:EUR', 'ada', 1, 'EUR')`,
    ],
    [
      'choose the time of a transfer',
      `insert into transfers (created_at, key, kind, debit_account_id, credit_account_id, amount, currency) values ('2001-01-01', 'x', 'deposit', 'office:world:EUR', 'ada', 1, 'EUR')`,
    ],
    ['rewind the ids', `select setval('transfers_id_seq', 1)`],
    [
      'merge into accounts',
      `merge into accounts a using (select 1) s on a.id = 'ada' when matched then update set balance = 5`,
    ],
    ['lock the ledger away', `lock table entries in access exclusive mode`],
    ['change what a check says', `update echecks set amount = 1`],
    ['point a check at another hold', `update echecks set hold_id = hold_id + 1`],
    ['delete a check', `delete from echecks`],
    ['delete an order', `delete from orders`],
    ['rewrite the timeline', `update order_events set body = '{}'`],
    ['delete the timeline', `delete from order_events`],
    [
      'choose the outbox place of an event',
      `insert into order_events (order_id, key, type, actor, body, transaction_id) values ('o', 'k', 'order_completed', 'x', '{}', '1')`,
    ],
  ])('%s', async (_trick, sql) => {
    await book.expectRefused(book.intruder, sql, /permission denied/);
  });
});

describe('the application role cannot get around the rules', () => {
  test.each<[string, string, RegExp]>([
    ['disable a trigger', 'alter table transfers disable trigger transfers_apply', /must be owner/],
    ['disable all triggers', 'alter table accounts disable trigger all', /must be owner|permission denied/],
    ['drop a constraint', 'alter table accounts drop constraint accounts_within_limit', /must be owner/],
    ['drop the rules', 'drop function ledger_apply_transfer() cascade', /must be owner/],
    [
      'replace the rules',
      'create or replace function public.ledger_move(transfer transfers, account text, moved bigint, held_change bigint) returns void language sql as $$ select $$',
      /permission denied|must be owner/,
    ],
    [
      'call the inner functions',
      `select ledger_move(t, 'ada', 1000, 0) from transfers t limit 1`,
      /permission denied for function/,
    ],
    ['call the comparison', `select order_must_agree('x')`, /permission denied for function/],
    ['play a replica', 'set session_replication_role = replica', /permission denied/],
    ['become the owner', `set role postgres`, /permission denied|does not exist/],
    [
      'become the migrating user',
      `do $$ begin execute format('set role %I', (select tableowner from pg_tables where tablename = 'accounts')); end $$`,
      /permission denied/,
    ],
    ['change who they are', 'set session authorization postgres', /permission denied|does not exist/],
    [
      'make themselves superuser',
      `alter role current_user superuser`,
      /permission denied|must be superuser|only roles/i,
    ],
    [
      'grant themselves rights',
      'grant update on accounts to current_user; update accounts set balance = 1',
      /permission denied/,
    ],
    ['write to the catalogue', `update pg_trigger set tgenabled = 'D'`, /permission denied/],
    ['add a rule', `create rule quiet as on update to accounts do instead nothing`, /must be owner/],
    [
      'add a trigger of their own',
      'create trigger mine after insert on transfers for each row execute function refuse_change()',
      /permission denied|must be owner/,
    ],
    [
      'plant a function',
      'create function public.now() returns timestamptz language sql as $$ select null::timestamptz $$',
      /permission denied/,
    ],
    ['plant a table in a schema of their own', 'create schema mine', /permission denied/],
    ['run a program', `copy accounts to program 'cat'`, /permission denied|must be superuser/],
    ['copy entries in', `copy entries from '/etc/passwd'`, /permission denied|must be superuser/],
  ])('%s', async (_trick, sql, why) => {
    await book.expectRefused(book.intruder, sql, why);
  });
});

describe('the owner of the tables, whom no right stops,', () => {
  test.each<[string, string]>([
    ['cannot raise a balance', `update accounts set balance = balance + 1 where id = 'ada'`],
    ['cannot lower what is held', `update accounts set held = 0 where id = 'ada'`],
    [
      'cannot open an account with money on it',
      `insert into accounts (id, kind, currency, balance) values ('x', 'buyer', 'EUR', 100)`,
    ],
    ['cannot turn a buyer into the outside world', `update accounts set kind = 'world' where id = 'ada'`],
    ['cannot delete an account', `delete from accounts where id = 'frozen'`],
    [
      'cannot forge an entry',
      `insert into entries (transfer_id, account_id, currency, amount, held_amount, balance_after, held_after) values (1, 'ada', 'EUR', 5, 0, 5, 0)`,
    ],
    ['cannot change an entry', `update entries set amount = amount + 1`],
    ['cannot delete entries', `delete from entries`],
    ['cannot empty the entries', `truncate entries cascade`],
    [
      'cannot forge a late entry',
      `insert into late_entries (entry_id, account_id, amount) select id, account_id, amount from entries limit 1`,
    ],
    ['cannot change a transfer', `update transfers set amount = 1`],
    ['cannot delete a transfer', `delete from transfers where kind = 'capture'`],
    ['cannot empty the transfers', `truncate transfers cascade`],
    ['cannot change what a check says', `update echecks set amount = 1`],
    ['cannot delete a check', `delete from echecks`],
    ['cannot delete an order', `delete from orders`],
    ['cannot empty the accounts', `truncate accounts cascade`],
    ['cannot rewrite the timeline', `update order_events set body = '{}'`],
    ['cannot delete the timeline', `delete from order_events`],
  ])('%s', async (_trick, sql) => {
    // A table without a row to refuse would prove nothing.
    await book.owner.query(
      `insert into order_events (order_id, key, type, actor, body) values ('o', 'k', 'order_completed', 'x', '{}') on conflict do nothing`,
    );
    await book.expectRefused(book.owner, sql, /is kept for ever/);
  });
});

test('no function of the database looks for its tables where a caller says', async () => {
  const { rows } = await book.owner.query(
    `select proname from pg_proc where pronamespace = 'public'::regnamespace and has_function_privilege('public', oid, 'execute')
     and not coalesce('search_path=public, pg_temp' = any (proconfig), false)`,
  );
  expect(rows).toEqual([]);
});
