import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { seedDemo } from '../../office/seed.ts';
import { withLogin } from '../../platform/logins/kept-login.ts';
import { loginRights } from '../../platform/logins/login-rights.ts';
import { prepareDatabase } from '../../platform/logins/prepare-database.ts';
import { connectOrm, type Orm } from '../../platform/orm.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';

/* PostgreSQL knows one password a login: who must not be without one for a moment changes from one login to another. */

let database: TestDatabase;
let owner: Client;
const open: Orm[] = [];
const names = ['former', 'next'].map((name) => `${name}_${randomBytes(4).toString('hex')}`);
const [former = '', next = ''] = names;

beforeAll(async () => {
  database = await testDatabase();
  owner = new Client({ connectionString: database.url });
  await owner.connect();
});
afterAll(async () => {
  await Promise.all(open.map((orm) => orm.close(true)));
  for (const name of names) await owner.query(`drop owned by ${name}; drop role ${name}`);
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
