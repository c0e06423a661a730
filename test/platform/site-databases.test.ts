import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { seedDemo } from '../../office/seed.ts';
import { startPostgres, type EmbeddedPostgres } from '../../platform/embedded/postgres.ts';
import { withLogin } from '../../platform/logins/kept-login.ts';
import { prepareDatabase } from '../../platform/logins/prepare-database.ts';
import { mayMakeDatabases, prepareSiteDatabase } from '../../platform/logins/site-database.ts';
import { connectOrm } from '../../platform/orm.ts';
import { runFolder } from '../support/run.ts';

/*
 * Three parties on one database server, as `npm start` makes it: each address, in whoever's hands, opens its own database and nothing
 * of the others'.
 */
const PARTIES = ['office', 'seller', 'distributor'] as const;
type Party = (typeof PARTIES)[number];

let dataDir: string;
let server: EmbeddedPostgres;
let addresses: Record<Party, string>;
const clients = new Map<Party, Client>();
beforeAll(async () => {
  dataDir = mkdtempSync(join(runFolder(), 'site-databases-'));
  server = await startPostgres({ dataDir: join(dataDir, 'postgres'), durable: false });
  const { databaseUrl } = await prepareDatabase({ databaseUrl: server.url, dataDir, ownServer: true });
  const orm = await connectOrm({ url: databaseUrl, poolMax: 1 });
  await seedDemo(orm);
  await orm.close();
  addresses = {
    office: databaseUrl,
    seller: await prepared('selling_office'),
    distributor: await prepared('distributing_company'),
  };
  for (const party of PARTIES) clients.set(party, await connected(addresses[party]));
  for (const party of ['seller', 'distributor'] as const)
    await query(party, `create table secrets (n int); insert into secrets values (42)`);
});
afterAll(async () => {
  for (const client of clients.values()) await client.end();
  await server.stop();
  rmSync(dataDir, { recursive: true });
});

function prepared(name: string, file = `${name}.json`): Promise<string> {
  const owner = { url: server.url, setting: 'DATABASE_URL' };
  return prepareSiteDatabase(owner, { name, file: join(dataDir, 'sites', file), ownServer: true });
}

async function connected(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  await client.connect();
  return client;
}

async function query(party: Party, sql: string): Promise<unknown[]> {
  return (await clients.get(party)?.query(sql))?.rows ?? [];
}

/** What became of it: `done`, or why not. */
async function outcome(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'done';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function attempt(party: Party, sql: string): Promise<string> {
  const said = await outcome(() => query(party, sql));
  await query(party, 'rollback; reset all');
  return said;
}

/** The database of one at the address of another. */
function elsewhere(from: Party, database: string): string {
  const url = new URL(addresses[from]);
  url.pathname = `/${database}`;
  return url.href;
}

const DATABASES = { office: 'countersign', seller: 'selling_office', distributor: 'distributing_company' } as const;

describe('a login', () => {
  test.each(PARTIES)('of the %s opens its own database', async (party) => {
    expect(await query(party, 'select current_database() as here')).toEqual([{ here: DATABASES[party] }]);
  });

  const others = PARTIES.flatMap((from) =>
    [...PARTIES.map((to) => DATABASES[to]), 'postgres', 'template1']
      .filter((database) => database !== DATABASES[from])
      .map((database) => [from, database] as const),
  );
  test.each(others)('of the %s does not enter %s', async (from, database) => {
    const opened = await outcome(async () => (await connected(elsewhere(from, database))).end());
    expect(opened).toMatch(/permission denied for database|is not currently accepting connections/);
  });

  test.each(['seller', 'distributor'] as const)('of the %s is nothing else, and nobody is it', async (party) => {
    const owner = await connected(server.url);
    const name = DATABASES[party];
    const { rows: attributes } = await owner.query(
      `select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolconnlimit,
         (select count(*)::int from pg_auth_members where member = r.oid or roleid = r.oid) as memberships
       from pg_roles r where rolname = $1`,
      [name],
    );
    const { rows: kept } = await owner.query(`select rolpassword from pg_authid where rolname = $1`, [name]);
    const { rows: access } = await owner.query(
      `select datname from pg_database where has_database_privilege($1, oid, 'connect') and datallowconn`,
      [name],
    );
    await owner.end();
    expect(attributes).toEqual([
      {
        rolsuper: false,
        rolcreaterole: false,
        rolcreatedb: false,
        rolreplication: false,
        rolbypassrls: false,
        rolconnlimit: 20,
        memberships: 0,
      },
    ]);
    expect(kept).toEqual([{ rolpassword: expect.stringMatching(/^SCRAM-SHA-256\$/) }]);
    expect(access).toEqual([{ datname: name }]);
  });
});

describe("with a site's address nobody gets at what is another's", () => {
  const intrusions: [string, string][] = [
    ['become the superuser', 'set role countersign'],
    ["become the service's login", 'set role countersign_service'],
    ["take the application's role", 'set role countersign_app'],
    ["join the application's role", 'grant countersign_app to current_user'],
    ['join the owner of all', 'grant countersign to current_user'],
    ['read whatever there is', 'grant pg_read_all_data to current_user'],
    ['make a role', 'create role mine login'],
    ['make a database', 'create database mine'],
    ['copy the books', 'create database mine template countersign'],
    ['let itself into the books', 'grant connect on database countersign to current_user'],
    ['let itself into the books by their owner', 'alter database countersign owner to current_user'],
    ['take away the books', 'drop database countersign'],
    ['reach another database by a link', 'create extension dblink'],
    ['reach another database by foreign tables', 'create extension postgres_fdw'],
    ['read the files of the server', `select pg_read_file('postgresql.conf')`],
    ['read them into a table', `copy secrets from '/etc/passwd'`],
    ['run a program', `copy secrets from program 'echo 1'`],
    ['look for passwords', 'select rolpassword from pg_authid'],
    ['change the server', 'alter system set fsync = off'],
    ['read its files by large objects', `select lo_import('/etc/passwd')`],
    ['run what is not trusted', 'create extension plperlu'],
    [
      'end the sessions of the office',
      `select pg_terminate_backend(pid) from pg_stat_activity where usename <> current_user`,
    ],
  ];
  test.each(intrusions.flatMap((row) => (['seller', 'distributor'] as const).map((who) => [who, ...row] as const)))(
    'the %s cannot %s',
    async (who, _what, sql) => {
      expect(await attempt(who, sql)).toMatch(
        /permission denied|must be|only roles with|Only roles with|does not exist|not available|owner of/i,
      );
    },
  );

  test('it lists no table and no function of the books', async () => {
    for (const who of ['seller', 'distributor'] as const) {
      const found = await query(who, `select relname from pg_class where relname in ('orders', 'accounts', 'echecks')`);
      expect(found).toEqual([]);
      const [statements] = await query(
        who,
        `select count(*) filter (where query <> '<insufficient privilege>')::int as readable from pg_stat_activity
         where datname is not null and usename <> current_user`,
      );
      expect(statements).toEqual({ readable: 0 });
    }
  });

  test('and the service, with its own, finds nothing of theirs', async () => {
    for (const name of [DATABASES.seller, DATABASES.distributor])
      expect(await attempt('office', `set role ${name}`)).toMatch(/permission denied/);
    expect(await attempt('office', 'select * from secrets')).toMatch(/does not exist/);
  });
});

describe('repeated', () => {
  test('it is the same database with all that it holds, and what a site changed of its login is as it was', async () => {
    await query('seller', `alter role current_user set default_transaction_read_only = on`);
    await query('seller', `alter role current_user password 'mine'`);
    expect(await prepared('selling_office')).toBe(addresses.seller);
    const again = await connected(addresses.seller);
    expect((await again.query('insert into secrets values (43) returning n')).rows).toEqual([{ n: 43 }]);
    await again.end();
  });

  test('the kept login is for its owner alone; lost, another password is made for the same database', async () => {
    const file = join(dataDir, 'sites', 'distributing_company.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { user, password } = JSON.parse(readFileSync(file, 'utf8'));
    expect(addresses.distributor).toBe(withLogin(elsewhere('distributor', user), { user, password }));
    const anew = await prepared('distributing_company', 'lost.json');
    expect(anew).not.toBe(addresses.distributor);
    const client = await connected(anew);
    expect((await client.query('select n from secrets')).rows).toEqual([{ n: 42 }]);
    await client.end();
  });

  test('a file that holds something else is named in one line', async () => {
    writeFileSync(join(dataDir, 'sites', 'broken.json'), '{}');
    expect(await outcome(() => prepared('selling_office', 'broken.json'))).toMatch(
      /^DATA_DIR: .*broken\.json cannot be read \([^\n]*\): put it back, or remove it$/,
    );
  });
});

describe('on a server of somebody else', () => {
  /** An owner with these attributes. */
  async function owner(attributes: string) {
    const name = `own_${randomBytes(4).toString('hex')}`;
    const superuser = await connected(server.url);
    await superuser.query(`create role ${name} login password 'own' ${attributes}`);
    await superuser.query(`create database ${name} owner ${name}`);
    await superuser.end();
    const url = new URL(withLogin(server.url, { user: name, password: 'own' }));
    url.pathname = `/${name}`;
    return { url: url.href, setting: 'DATABASE_OWNER_URL' };
  }
  const foreign = (file: string) => ({ name: 'selling_office', file: join(dataDir, file), ownServer: false });

  test('an owner that may make roles and databases makes it, under a name that nobody else has, and is no member of it', async () => {
    const able = await owner('createrole createdb');
    expect(await mayMakeDatabases(able)).toBe(true);
    const [one, other] = [await prepareSiteDatabase(able, foreign('a')), await prepareSiteDatabase(able, foreign('b'))];
    expect(await prepareSiteDatabase(able, foreign('a'))).toBe(one);
    for (const url of [one, other]) {
      expect(new URL(url).pathname).toMatch(/^\/selling_office_[0-9a-f]{8}$/);
      const site = await connected(url);
      await site.query('create table mine (n int)');
      const { rows } = await site.query(
        `select datname from pg_database where datname like 'selling_office%' and has_database_privilege(oid, 'connect')`,
      );
      expect(rows).toEqual([{ datname: new URL(url).username }]);
      await site.end();
    }
    const inside = new URL(able.url);
    inside.pathname = new URL(one).pathname;
    expect(await outcome(async () => (await connected(inside.href)).end())).toMatch(/permission denied for database/);
  });

  test.each(['', 'createdb', 'createrole'])(
    'an owner with "%s" may not, and says in one line what to do',
    async (attributes) => {
      const unable = await owner(attributes);
      expect(await mayMakeDatabases(unable)).toBe(false);
      expect(await outcome(() => prepareSiteDatabase(unable, foreign(`c-${attributes}`)))).toMatch(
        /^DATABASE_OWNER_URL: its login may not make the database selling_office_\w+ \(.*\): give it CREATEDB and CREATEROLE, or set SITES=off$/,
      );
    },
  );
});
