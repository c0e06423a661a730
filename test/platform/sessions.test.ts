import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { databaseFailure } from '../../domain/faults.ts';
import { migrate } from '../../platform/migrate.ts';
import { connectOrm } from '../../platform/orm.ts';
import { PATIENCE, type Purpose } from '../../platform/session.ts';
import { seedDemo } from '../../office/seed.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

/** Everything that an administrator may have set, each as wrong as it can be. */
const ODD = {
  timezone: 'America/New_York',
  datestyle: 'SQL, DMY',
  intervalstyle: 'sql_standard',
  default_transaction_isolation: 'serializable',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  standard_conforming_strings: 'off',
  search_path: 'nowhere',
  lock_timeout: '1ms',
  statement_timeout: '1ms',
  idle_in_transaction_session_timeout: '1ms',
  idle_session_timeout: '1ms',
  // Enough for the one statement that changes it.
  transaction_timeout: '20s',
};

let database: TestDatabase;
let login: string;
let url: string;
beforeAll(async () => {
  database = await testDatabase();
  login = `odd_${randomBytes(4).toString('hex')}`;
  const owner = await owned();
  await owner.query(`create role ${login} login superuser password 'odd' in role countersign_app`);
  for (const [name, value] of Object.entries(ODD)) {
    await owner.query(
      `alter role ${login} in database ${new URL(database.url).pathname.slice(1)} set ${name} = '${value}'`,
    );
  }
  await owner.query(`alter database ${new URL(database.url).pathname.slice(1)} set datestyle = 'SQL, DMY'`);
  await owner.end();
  const odd = new URL(database.url);
  [odd.username, odd.password] = [login, 'odd'];
  url = odd.href;
});
afterAll(async () => {
  const owner = await owned();
  await owner.query(`drop owned by ${login}`);
  await owner.query(`drop role ${login}`);
  await owner.end();
  await database.close();
});

async function owned(): Promise<Client> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  return client;
}

test.each(Object.keys(PATIENCE) as Purpose[])('sessions for %s are ours, whatever the role says', async (purpose) => {
  const orm = await connectOrm({ url, purpose });
  // The shortest patience is shorter than what a loaded machine may take to open a connection.
  const ask = (sql: string) =>
    until(() =>
      orm.em.execute<Record<string, unknown>[]>(sql).catch((error: unknown) => {
        if (!databaseFailure(error)) throw error;
        return undefined;
      }),
    );
  try {
    const [row] = await ask(
      `select current_setting('TimeZone') as zone, '2026-03-04 05:06:07+00'::timestamptz::text as time, '\\x00ff'::bytea::text as bytes,
         'a\\b' as plain, (0.1::float8 + 0.2)::text as sum, current_setting('transaction_isolation') as isolation, current_setting('search_path') as path,
         current_user as who, current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement,
         current_setting('transaction_timeout') as transaction, interval '1 day 2 hours'::text as days`,
    );
    const { lockMs, statementMs, transactionMs } = PATIENCE[purpose];
    expect(row).toEqual({
      zone: 'UTC',
      time: '2026-03-04 05:06:07+00',
      bytes: '\\x00ff',
      plain: 'a\\b',
      sum: '0.30000000000000004',
      isolation: 'read committed',
      path: 'public, pg_temp',
      who: login,
      lock: expect.anything(),
      statement: expect.anything(),
      transaction: expect.anything(),
      days: '1 day 02:00:00',
    });
    const [bounds] = await ask(
      `select (select setting::int from pg_settings where name = 'lock_timeout') as lock,
         (select setting::int from pg_settings where name = 'statement_timeout') as statement,
         (select setting::int from pg_settings where name = 'transaction_timeout') as transaction`,
    );
    expect(bounds).toEqual({ lock: lockMs, statement: statementMs, transaction: transactionMs });
  } finally {
    await orm.close();
  }
});

test('such a database is migrated and seeded as any other', async () => {
  expect(await migrate(url)).toEqual([]);
  const orm = await connectOrm({ url });
  try {
    await seedDemo(orm);
    const [row] = await orm.em.execute(`select count(*)::int as count from accounts where id = 'buyer-ada'`);
    expect(row).toEqual({ count: 1 });
  } finally {
    await orm.close();
  }
});
