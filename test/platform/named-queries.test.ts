import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { EntityManager } from '@mikro-orm/postgresql';
import { Client } from 'pg';
import { databaseFailure } from '../../domain/faults.ts';
import { kyselyOf } from '../../entities/database.ts';
import { Seller } from '../../entities/seller.entity.ts';
import { inTransaction } from '../../office/transaction.ts';
import { connectOrm, type Orm } from '../../platform/orm.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let orm: Orm;
beforeAll(async () => {
  database = await testDatabase();
  orm = await connectOrm({ url: database.serviceUrl, poolMax: 1 });
});
afterAll(async () => {
  await orm.close();
  await database.close();
});

/** What PostgreSQL keeps planned for the connection that asks. */
async function kept(em: EntityManager = orm.em.fork()): Promise<string[]> {
  const rows = await em.execute<{ statement: string }[]>('select statement from pg_prepared_statements');
  return rows.map(({ statement }) => statement);
}

test('values are parameters, whoever writes the statement, and PostgreSQL keeps its plan', async () => {
  const secret = "it's-a-secret";
  const em = orm.em.fork();
  await em.findOne(Seller, { id: secret });
  await em.execute('select name from sellers where id = ? and name = ?', [secret, secret]);
  await kyselyOf(em).selectFrom('Seller').select('name').where('id', '=', secret).execute();
  const statements = await kept();
  expect(statements.join('\n')).not.toContain('secret');
  expect(statements).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/from "sellers" as "s0" where "s0"\."id" = \$1/),
      'select name from sellers where id = $1 and name = $2',
      'select "name" from "sellers" where "id" = $1',
    ]),
  );
});

test('every kind of value arrives as what it is', async () => {
  const when = new Date('2026-11-28T12:00:00.123Z');
  const values = ['a', 7, true, 9_007_199_254_740_993n, null, when, Buffer.from('bytes')];
  const [row] = await orm.em.fork().execute(
    `select ?::text as text, ?::int as number, ?::boolean as truth, ?::bigint as large, ?::text as nothing,
       ?::timestamptz as time, ?::bytea as bytes, '\\?' as mark`,
    values,
  );
  expect(row).toEqual({
    text: 'a',
    number: 7,
    truth: true,
    large: '9007199254740993',
    nothing: null,
    time: expect.anything(),
    bytes: Buffer.from('bytes'),
    mark: '?',
  });
  expect(new Date(String(row?.time))).toEqual(when);
});

test('no more than 200 statements are kept a connection, and no list of a caller is', async () => {
  const em = orm.em.fork();
  await em.find(Seller, { id: { $in: ['a', 'b', 'c'] } });
  for (let each = 0; each < 250; each += 1) await em.execute(`select ${each} where 'a' = ?::text`, ['a']);
  const statements = await kept();
  expect(statements).toHaveLength(200);
  expect(statements.filter((statement) => / in \(/.test(statement))).toEqual([]);
});

describe('a migration that changes a table under a kept statement', () => {
  let owner: Client;
  let other: Orm;
  const statement = 'select * from grows where id = ?';
  beforeAll(async () => {
    owner = new Client({ connectionString: database.url });
    await owner.connect();
    await owner.query('create table grows (id int); grant select on grows to countersign_app');
    other = await connectOrm({ url: database.serviceUrl, poolMax: 1 });
  });
  afterAll(async () => {
    await other.close();
    await owner.end();
  });
  beforeEach(async () => {
    await other.em.fork().execute(statement, [1]);
    await owner.query(`alter table grows add column "${randomUUID()}" text`);
  });

  test('is not noticed where no transaction is open, and the connection is not used again', async () => {
    const [before] = await other.em.fork().execute('select pg_backend_pid() as pid');
    expect(await other.em.fork().execute(statement, [1])).toEqual([]);
    const [after] = await other.em.fork().execute('select pg_backend_pid() as pid');
    expect(after).not.toEqual(before);
    expect(await other.em.fork().execute(statement, [1])).toEqual([]);
  });

  test('has a transaction made again', async () => {
    let attempts = 0;
    const read = inTransaction(other, (tx) => {
      attempts += 1;
      return tx.execute(statement, [1]);
    });
    expect(await read).toEqual([]);
    expect(attempts).toBe(2);
  });

  test('counts as a conflict where a transaction cannot be made again', async () => {
    const failed = await other.em
      .fork()
      .transactional((tx) => tx.execute(statement, [1]))
      .catch((error: unknown) => error);
    expect(databaseFailure(failed)).toMatchObject({ fault: 'DatabaseConflict' });
  });
});
