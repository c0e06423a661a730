import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { withLogin } from '../../platform/logins/kept-login.ts';
import { loginRights, requireRestrictedLogin } from '../../platform/logins/login-rights.ts';
import { scramVerifier } from '../../platform/logins/scram.ts';
import { SettingsError } from '../../platform/settings.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';

/* Every way in which a login can do more than the service: a process with it does not start, and says why. */

let database: TestDatabase;
let owner: Client;
let login: string;
beforeAll(async () => {
  database = await testDatabase();
  owner = await connected(database.url);
  login = `tried_${randomBytes(4).toString('hex')}`;
});
afterAll(async () => {
  await owner.end();
  await database.close();
});

async function connected(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  await client.connect();
  return client;
}

/** What is found of a login that is a member of the application's role, and this besides. */
async function foundOf(more: string, member = 'in role countersign_app'): Promise<string> {
  const text = (statement: string): string =>
    statement.replaceAll('LOGIN', login).replaceAll('DATABASE', nameOf(database.url));
  await owner.query(`create role ${login} login password 'tried' ${member}`);
  try {
    await owner.query(text(more));
    const client = await connected(withLogin(database.url, { user: login, password: 'tried' }));
    const run = async (sql: string) => (await client.query(sql)).rows;
    const outcome = await requireRestrictedLogin(run, 'DATABASE_URL').then(
      () => 'starts',
      (error: unknown) => {
        expect(error).toBeInstanceOf(SettingsError);
        return String(error);
      },
    );
    await client.end();
    expect(outcome).not.toContain('\n');
    return outcome;
  } finally {
    await owner.query(text(`drop role if exists LOGIN_more`)).catch(() => undefined);
    await owner.query(text('reassign owned by LOGIN to current_user; drop owned by LOGIN; drop role LOGIN'));
    await owner.query(text('drop role if exists LOGIN_more'));
  }
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

test("the service's own login starts", async () => {
  const rows = await database.orm.em.fork().execute('select current_user as who');
  expect(rows).toHaveLength(1);
  const rights = await loginRights((sql) => database.orm.em.fork().execute(sql));
  expect(rights).toEqual({ user: 'countersign_service', lacks: [], exceeds: [] });
});

test('any login that has the role and nothing else starts', async () => {
  expect(await foundOf('select 1')).toBe('starts');
});

test('rights that only look are no matter', async () => {
  expect(await foundOf('grant pg_monitor to LOGIN; grant pg_read_all_data to LOGIN')).toBe('starts');
});

describe('does not start:', () => {
  test.each<[string, string, RegExp]>([
    ['a superuser', 'alter role LOGIN superuser', /has SUPERUSER/],
    ['who may make roles', 'alter role LOGIN createrole', /has CREATEROLE/],
    ['who may make databases', 'alter role LOGIN createdb', /has CREATEDB/],
    ['who may replicate', 'alter role LOGIN replication', /has REPLICATION/],
    ['who bypasses row security', 'alter role LOGIN bypassrls', /has BYPASSRLS/],
    [
      'who may become a superuser',
      'create role LOGIN_more superuser; grant LOGIN_more to LOGIN',
      /may become tried_\w+_more, which has SUPERUSER/,
    ],
    [
      'who may become one only by asking',
      'create role LOGIN_more createrole; grant LOGIN_more to LOGIN with inherit false',
      /may become tried_\w+_more, which has CREATEROLE/,
    ],
    ['who writes whatever there is', 'grant pg_write_all_data to LOGIN', /is a member of pg_write_all_data/],
    ['who runs programs', 'grant pg_execute_server_program to LOGIN', /is a member of pg_execute_server_program/],
    ['who reads the files of the server', 'grant pg_read_server_files to LOGIN', /is a member of pg_read_server_files/],
    ['the owner of a table', 'alter table late_entries owner to LOGIN', /owns late_entries/],
    ['the owner of a function', 'alter function refuse_change() owner to LOGIN', /owns the function refuse_change/],
    [
      'a member of the owner of a table',
      'create role LOGIN_more; alter table late_entries owner to LOGIN_more; grant LOGIN_more to LOGIN; alter table late_entries owner to LOGIN',
      /owns late_entries/,
    ],
    ['who makes tables', 'grant create on schema public to LOGIN', /may create in the schema public/],
    ['who makes schemas', 'grant create on database DATABASE to LOGIN', /may create schemas/],
    [
      'who hands the role on',
      'grant countersign_app to LOGIN with admin option',
      /may grant countersign_app to others/,
    ],
    ['who changes transfers', 'grant update on transfers to LOGIN', /may update transfers/],
    ['who deletes orders', 'grant delete on orders to LOGIN', /may delete orders/],
    ['who empties entries', 'grant truncate on entries to LOGIN', /may truncate entries/],
    ['who changes balances', 'grant update (balance) on accounts to LOGIN', /may update accounts.balance/],
    ['who chooses ids', 'grant insert (id) on transfers to LOGIN', /may insert transfers.id/],
    ['who rewinds ids', 'grant all on sequence transfers_id_seq to LOGIN', /may set transfers_id_seq/],
    [
      'who calls the inside of the ledger',
      'grant execute on function order_must_agree(text) to LOGIN',
      /may call order_must_agree/,
    ],
  ])('%s', async (_who, more, why) => {
    const outcome = await foundOf(more);
    expect(outcome).toMatch(why);
    expect(outcome).toMatch(
      /^SettingsError: DATABASE_URL: the login tried_\w+ .*: set DATABASE_URL to .* DATABASE_OWNER_URL/,
    );
  });

  test('who lacks the role', async () => {
    expect(await foundOf('select 1', '')).toMatch(
      /the login tried_\w+ lacks the role countersign_app: run `npm run migrate`/,
    );
  });
});

describe('a password as the server keeps it', () => {
  test('is what PostgreSQL itself makes of it', async () => {
    await owner.query(`create role ${login} login password 'its own'`);
    const { rows } = await owner.query<{ kept: string }>(
      `select rolpassword as kept from pg_authid where rolname = $1`,
      [login],
    );
    const kept = rows[0]?.kept ?? '';
    const [, salt = ''] = /^SCRAM-SHA-256\$4096:([^$]+)\$/.exec(kept) ?? [];
    expect(scramVerifier('its own', Buffer.from(salt, 'base64'))).toBe(kept);
    await owner.query(`drop role ${login}`);
  });

  test('is another one each time', () => {
    expect(scramVerifier('same')).not.toBe(scramVerifier('same'));
  });
});
