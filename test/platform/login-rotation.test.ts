import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { seedDemo } from '../../office/seed.ts';
import { withLogin } from '../../platform/logins/kept-login.ts';
import { loginRights } from '../../platform/logins/login-rights.ts';
import { prepareDatabase } from '../../platform/logins/prepare-database.ts';
import { connectOrm, type Orm } from '../../platform/orm.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { productionDatabase } from '../support/server-account.ts';

/* PostgreSQL knows one password a login: who must not be without one for a moment changes from one login to another. */

let database: TestDatabase;
let owner: Client;
const open: Orm[] = [];
const names = ['former', 'next', 'temporal', 'temporal_b'].map((name) => `${name}_${randomBytes(4).toString('hex')}`);
const [former = '', next = '', temporal = '', second = ''] = names;

beforeAll(async () => {
  database = await testDatabase();
  owner = new Client({ connectionString: database.url });
  await owner.connect();
});
afterAll(async () => {
  await Promise.all(open.map((orm) => orm.close(true)));
  for (const name of names.toReversed()) await owner.query(`drop owned by ${name}; drop role ${name}`);
  await owner.end();
  await database.close();
});

const urlOf = (user: string) => withLogin(database.url, { user, password: `of ${user}` });

/** What `npm run migrate` does with `DATABASE_URL` of that login. */
async function migrateFor(user: string): Promise<void> {
  await prepareDatabase({ databaseUrl: urlOf(user), ownerUrl: database.url, dataDir: '/nowhere' });
}

async function processAs(user: string): Promise<Orm> {
  const orm = await connectOrm({ url: urlOf(user), poolMax: 2 });
  open.push(orm);
  return orm;
}

const works = (orm: Orm) => seedDemo(orm);

test('the service changes to another login without a pause, and the former one is then let in no more', async () => {
  await migrateFor(former);
  const before = await processAs(former);
  await works(before);

  await migrateFor(next);
  const after = await processAs(next);
  expect(await loginRights((sql) => after.em.fork().execute(sql))).toEqual({ user: next, lacks: [], exceeds: [] });
  await Promise.all([works(before), works(after)]);

  await owner.query(`alter role ${former} nologin`);
  await owner.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = $1`, [former]);
  await expect(works(await processAs(former))).rejects.toThrow('is not permitted to log in');
  await works(after);
});

test("Temporal's second login makes what belongs to the first, and goes on when that one is locked", async () => {
  await owner.query(`create role ${temporal} login password 'of ${temporal}'`);
  await owner.query(`create schema ${temporal} authorization ${temporal}`);
  const as = async (user: string, sql: string): Promise<void> => {
    const client = new Client({ connectionString: urlOf(user) });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  await as(temporal, `create table ${temporal}.executions (shard int)`);
  // As docs/secrets.md has it.
  await owner.query(`create role ${second} login createdb password 'of ${second}' in role ${temporal}`);
  await owner.query(`alter role ${second} set role ${temporal}`);
  await as(second, `alter table ${temporal}.executions add column run text; create table ${temporal}.tasks (id int)`);
  await as(temporal, `alter table ${temporal}.tasks add column shard int; insert into ${temporal}.tasks values (1, 1)`);

  await owner.query(`alter role ${temporal} nologin`);
  await expect(as(temporal, 'select 1')).rejects.toThrow('is not permitted to log in');
  await as(second, `insert into ${temporal}.tasks values (2, 2); drop table ${temporal}.executions`);
});

test('in Compose, where the owner may make no roles, an administrator makes it by the statements of the page', async () => {
  const here = await productionDatabase();
  const name = new URL(here.url).pathname.slice(1);
  const login = `${name}_b`;
  const page = readFileSync(new URL('../../docs/secrets.md', import.meta.url), 'utf8');
  const statements = [...page.matchAll(/^# {3}((?:create|grant) [^;]*\bcountersign_service_b\b[^;]*);$/gm)];
  expect(statements).toHaveLength(2);
  for (const [, statement = ''] of statements)
    await owner.query(statement.replaceAll(/\bcountersign_service_b\b/g, login).replaceAll(/\bcountersign\b/g, name));
  await owner.query(`alter role ${login} password 'b'`);

  const databaseUrl = withLogin(here.url, { user: login, password: 'b' });
  await prepareDatabase({ databaseUrl, ownerUrl: here.ownerUrl, dataDir: '/nowhere' });
  const orm = await connectOrm({ url: databaseUrl, poolMax: 2 });
  expect(await loginRights((sql) => orm.em.fork().execute(sql))).toEqual({ user: login, lacks: [], exceeds: [] });
  await works(orm);
  await orm.close(true);
  await here.drop();
  await owner.query(`drop role ${login}`);
});
