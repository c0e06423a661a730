import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { seedDemo } from '../../office/seed.ts';
import { startPostgres, type EmbeddedPostgres } from '../../platform/embedded/postgres.ts';
import { prepareDatabase } from '../../platform/logins/prepare-database.ts';
import { connectOrm } from '../../platform/orm.ts';
import { parseServiceSettings } from '../../platform/settings.ts';
import { runFolder } from '../support/run.ts';

/*
 * Whoever has taken over API or worker of `npm start` has their address of the database. This is that address, made by the very
 * set-up, on a server of its own: what it can be used for is all that can be done.
 */
let dataDir: string;
let server: EmbeddedPostgres;
let serviceUrl: string;
let service: Client;
beforeAll(async () => {
  dataDir = mkdtempSync(join(runFolder(), 'logins-'));
  server = await startPostgres({ dataDir: join(dataDir, 'postgres'), durable: false });
  ({ databaseUrl: serviceUrl } = await prepareDatabase({ databaseUrl: server.url, dataDir, ownServer: true }));
  const orm = await connectOrm({ url: serviceUrl, poolMax: 1 });
  await seedDemo(orm);
  await orm.close();
  service = new Client({ connectionString: serviceUrl });
  await service.connect();
});
afterAll(async () => {
  await service.end();
  await server.stop();
  rmSync(dataDir, { recursive: true });
});

/** What became of it: `done`, or why not. The session is the login's own again afterwards. */
async function attempt(sql: string): Promise<string> {
  try {
    await service.query(sql);
    return 'done';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await service.query('rollback; reset all');
  }
}

async function asOwner<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
  const owner = new Client({ connectionString: server.url });
  await owner.connect();
  try {
    return (await owner.query<Row>(sql, values)).rows;
  } finally {
    await owner.end();
  }
}

test('the login has no attribute, one role that it cannot become, and owns nothing', async () => {
  const { username } = new URL(serviceUrl);
  const [attributes] = await asOwner(
    `select rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls from pg_roles where rolname = $1`,
    [username],
  );
  expect(attributes).toEqual({
    rolcanlogin: true,
    rolsuper: false,
    rolcreaterole: false,
    rolcreatedb: false,
    rolreplication: false,
    rolbypassrls: false,
  });
  const memberships = await asOwner(
    `select roleid::regrole::text as role, inherit_option, set_option, admin_option from pg_auth_members where member = $1::regrole`,
    [username],
  );
  expect(memberships).toEqual([
    { role: 'countersign_app', inherit_option: true, set_option: false, admin_option: false },
  ]);
  expect(await asOwner(`select 1 from pg_shdepend where refobjid = $1::regrole and deptype = 'o'`, [username])).toEqual(
    [],
  );
  const [password] = await asOwner<{ rolpassword: string }>(`select rolpassword from pg_authid where rolname = $1`, [
    username,
  ]);
  expect(password?.rolpassword).toMatch(/^SCRAM-SHA-256\$/);
});

test('the role of the application cannot log in, and owns nothing either', async () => {
  const [role] = await asOwner(
    `select rolcanlogin, rolsuper, (select count(*)::int from pg_shdepend where refobjid = oid and deptype = 'o') as owns
     from pg_roles where rolname = 'countersign_app'`,
  );
  expect(role).toEqual({ rolcanlogin: false, rolsuper: false, owns: 0 });
});

describe('with the address that API and worker use nobody becomes more', () => {
  test.each(['reset role', 'set role none', 'reset session authorization', 'reset all', 'discard all'])(
    '%s changes nothing',
    async (sql) => {
      await service.query(sql);
      const { rows } = await service.query('select current_user as now, session_user as login');
      const { username } = new URL(serviceUrl);
      expect(rows).toEqual([{ now: username, login: username }]);
      expect(await attempt(`update accounts set balance = 1`)).toMatch(/permission denied/);
    },
  );

  test.each<[string, string]>([
    ['become the superuser', 'set role countersign'],
    ['become the role of the application', 'set role countersign_app'],
    ['become the superuser by a setting', `select set_config('role', 'countersign', false)`],
    ['become the superuser in a block', `do $$ begin execute 'set role countersign'; end $$`],
    ['become somebody else from the start', 'set session authorization countersign'],
    ['become a predefined role', 'set role pg_write_all_data'],
    ['be a superuser', 'alter role countersign_service superuser'],
    ['bypass row security', 'alter role countersign_service bypassrls'],
    ['make roles', 'alter role countersign_service createrole'],
    ['make databases', 'alter role countersign_service createdb'],
    ['replicate', 'alter role countersign_service replication'],
    ['change the role of the application', 'alter role countersign_app superuser login'],
    ['let the role of the application in', `alter role countersign_app login password 'x'`],
    ['change the owner', `alter role countersign password 'x'`],
    ['make a role', 'create role mine login'],
    ['join another role', 'grant countersign to countersign_service'],
    ['join a predefined role', 'grant pg_execute_server_program to countersign_service'],
    ['let another role in', 'grant countersign_app to pg_monitor'],
    ['drop the role of the application', 'drop role countersign_app'],
    ['make a database', 'create database mine'],
    ['drop the database', 'drop database countersign'],
    ['change what new sessions of others have', `alter database countersign set session_replication_role = replica`],
    ['change the server', `alter system set fsync = off`],
    ['have the server read its settings', 'select pg_reload_conf()'],
    ['play a replica', 'set session_replication_role = replica'],
    ['take a replication slot', `select pg_create_physical_replication_slot('mine')`],
  ])('it cannot %s', async (_what, sql) => {
    expect(await attempt(sql)).toMatch(/permission denied|must be superuser|must be owner|only roles with|cannot/i);
  });
});

describe('with the address that API and worker use nobody makes anything', () => {
  test.each<[string, string]>([
    ['table', 'create table mine (n int)'],
    ['table elsewhere', 'create table public.mine (n int)'],
    ['temporary table', 'create temporary table mine (n int)'],
    ['table by selecting', 'select 1 as n into mine'],
    ['temporary function', 'create function pg_temp.f() returns int language sql as $$ select 1 $$'],
    ['view', 'create view mine as select 1'],
    ['materialised view', 'create materialized view mine as select 1'],
    ['sequence', 'create sequence mine'],
    ['type', `create type mine as enum ('a')`],
    ['domain', 'create domain mine as int'],
    ['function', 'create function public.now() returns timestamptz language sql as $$ select null::timestamptz $$'],
    ['procedure', 'create procedure mine() language sql as $$ select 1 $$'],
    ['operator', 'create operator public.= (function = int4eq, leftarg = text, rightarg = text)'],
    ['schema', 'create schema mine'],
    ['schema of their own', 'create schema authorization countersign_service'],
    ['extension', 'create extension pgcrypto'],
    ['trigger', 'create trigger mine after insert on orders for each row execute function refuse_change()'],
    ['event trigger', 'create event trigger mine on ddl_command_end execute function refuse_change()'],
    ['rule', 'create rule mine as on update to orders do instead nothing'],
    ['policy', 'create policy mine on orders'],
    ['index', 'create index mine on orders (id)'],
    ['statistics', 'create statistics mine on id, stage from orders'],
    ['publication', 'create publication mine'],
    ['foreign server', 'create server mine foreign data wrapper none'],
    ['large object', 'select lo_create(0)'],
    ['large object, the older way', 'select lo_creat(-1)'],
    ['large object with content', `select lo_from_bytea(0, 'x')`],
    ['large object from a file', `select lo_import('/etc/passwd')`],
    ['tablespace', `create tablespace mine location '/tmp'`],
  ])('no %s', async (_what, sql) => {
    expect(await attempt(sql)).toMatch(/permission denied|must be (superuser|owner)|does not exist/);
  });
});

describe('with the address that API and worker use the rules stand', () => {
  test.each<[string, string]>([
    ['disables a trigger', 'alter table transfers disable trigger transfers_apply'],
    ['disables every trigger', 'alter table accounts disable trigger all'],
    ['drops a rule', 'alter table accounts drop constraint accounts_within_limit'],
    ['drops the rules', 'drop function ledger_apply_transfer() cascade'],
    ['drops a table', 'drop table late_entries'],
    ['takes a table over', 'alter table accounts owner to countersign_service'],
    ['grants itself more', 'grant all on accounts to countersign_service; update accounts set balance = 1'],
    ['grants everybody more', 'grant update on accounts to public; update accounts set balance = 1'],
    ['changes a balance', `update accounts set balance = 1`],
    ['changes what is held', 'update accounts set held = 0'],
    ['changes an entry', 'update entries set amount = 1'],
    [
      'writes an entry',
      `insert into entries (transfer_id, account_id, currency, amount, held_amount, held_after) values (1, 'buyer-ada', 'EUR', 1, 0, 0)`,
    ],
    ['changes a transfer', 'update transfers set amount = 1'],
    ['empties the transfers', 'truncate transfers cascade'],
    ['deletes orders', 'delete from orders'],
    ['rewrites the timeline', `update order_events set body = '{}'`],
    ['says that a migration has run', `insert into schema_migrations (name) values ('x')`],
    ['says that no migration has run', 'delete from schema_migrations'],
    ['changes a key of somebody', `update api_keys set role = 'operator'`],
    ['writes to the catalogue', `update pg_trigger set tgenabled = 'D'`],
    ['drops its rights for all', 'drop owned by countersign_app'],
    ['calls the inside of the ledger', `select ledger_require_open(a) from accounts a`],
  ])('nobody %s', async (_what, sql) => {
    expect(await attempt(`begin; ${sql}; commit`)).toMatch(/permission denied|must be owner|must be superuser/);
  });
});

describe('with the address that API and worker use nobody gets at the machine', () => {
  test.each<[string, string]>([
    ['run a program', `copy (select 1) to program 'cat'`],
    ['run a program and read it', `copy late_entries from program 'id'`],
    ['read a file', `select pg_read_file('/etc/passwd')`],
    ['read a file by copy', `copy data_keys from '/etc/passwd'`],
    ['write a file', `copy (select 1) to '/tmp/countersign-written'`],
    ['list a folder', `select pg_ls_dir('.')`],
    ['read the log', `select pg_current_logfile()`],
    ['load a library', `load 'auto_explain'`],
    ['read the passwords', 'select rolpassword from pg_authid'],
    ['read the settings files', 'select * from pg_hba_file_rules'],
  ])('to %s', async (_what, sql) => {
    expect(await attempt(sql)).toMatch(/permission denied|must be superuser|access to library|could not access file/);
  });

  test.each(['postgres', 'template1'])('or into the database %s', async (name) => {
    const url = new URL(serviceUrl);
    url.pathname = `/${name}`;
    const client = new Client({ connectionString: url.href });
    await expect(client.connect()).rejects.toThrow(`permission denied for database "${name}"`);
  });
});

describe('the kept login', () => {
  test('is readable for the user of the service alone, and never in the log of the server', () => {
    const file = join(dataDir, 'keys/database-login.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { password } = new URL(serviceUrl);
    expect(readFileSync(file, 'utf8')).toContain(password);
    expect(readFileSync(join(dataDir, 'postgres.log'), 'utf8')).not.toContain(password);
  });

  test('is what a process takes that is given the address of the owner', () => {
    const settings = parseServiceSettings({ DATABASE_URL: server.url, DATA_DIR: dataDir });
    expect([settings.databaseUrl, settings.directUrl]).toEqual([serviceUrl, serviceUrl]);
    expect(settings).not.toHaveProperty('ownerUrl');
  });

  test('is not taken for another database', () => {
    const other = server.url.replace(/countersign$/, 'other');
    expect(parseServiceSettings({ DATABASE_URL: other, DATA_DIR: dataDir }).databaseUrl).toBe(other);
  });

  test('that has changed its own password and sessions is right again at the next start', async () => {
    const login = new URL(serviceUrl).username;
    await service.query(`alter role ${login} set default_transaction_read_only = on`);
    await service.query(`alter role ${login} set work_mem = '64kB'`);
    await service.query(`alter role ${login} in database countersign set statement_timeout = 1`);
    await service.query(`alter role ${login} password 'taken over'`);
    const again = await prepareDatabase({ databaseUrl: server.url, dataDir, ownServer: true });
    expect(again.databaseUrl).toBe(serviceUrl);
    const settings = `select 1 from pg_db_role_setting where setrole = $1::regrole`;
    expect(await asOwner(settings, [login])).toEqual([]);
    const orm = await connectOrm({ url: serviceUrl, poolMax: 1 });
    await seedDemo(orm);
    await orm.close();
  });

  test('that is lost is made anew, and the next start works', async () => {
    rmSync(join(dataDir, 'keys/database-login.json'));
    const again = await prepareDatabase({ databaseUrl: server.url, dataDir, ownServer: true });
    expect(again.databaseUrl).not.toBe(serviceUrl);
    serviceUrl = again.databaseUrl;
    const orm = await connectOrm({ url: serviceUrl, poolMax: 1 });
    await seedDemo(orm);
    await orm.close();
  });
});
