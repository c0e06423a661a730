import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectOrm } from '../../platform/orm.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test('whoever closes while connections are being opened is not kept waiting, and those who asked are told', async () => {
  const orm = await connectOrm({ url: database.serviceUrl, applicationName: 'ending' });
  const asked = Array.from({ length: 5 }, () => orm.em.fork().execute('select 1'));
  const outcomes = Promise.allSettled(asked);
  // Now each is opening a connection of its own.
  await new Promise((resolve) => setImmediate(resolve));
  await orm.close();
  const reasons = (await outcomes).map((outcome) =>
    outcome.status === 'rejected' ? String(outcome.reason) : 'answered',
  );
  for (const reason of reasons) expect(reason).toMatch(/answered|Cannot use a pool after calling end/);
  const [left] = await database.orm.em
    .fork()
    .execute<{ count: string }[]>(`select count(*) from pg_stat_activity where application_name = 'ending'`);
  expect(Number(left?.count)).toBe(0);
});
