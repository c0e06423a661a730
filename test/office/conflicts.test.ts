import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { inTransaction } from '../../office/transaction.ts';
import { createEventRecorder } from '../../activities/runtime/event-recorder.ts';
import { connectOrm } from '../../platform/orm.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { issue, openFunded, registerDistributor } from '../support/ledger-book.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await registerDistributor(database.orm);
  for (const id of ['ada', 'bob']) await openFunded(database.orm, id, { fundsMinor: 10_000n });
  await openFunded(database.orm, 'shop', { kind: 'seller' });
});
afterAll(() => database.close());

test('two transactions that deadlock are both done in the end', async () => {
  let [runs, locked] = [0, 0];
  const both = Promise.withResolvers<void>();
  const lockInTurn = (first: string, second: string) =>
    inTransaction(database.orm, async (tx) => {
      runs += 1;
      await tx.execute('select 1 from accounts where id = ? for update', [first]);
      locked += 1;
      if (locked === 2) both.resolve();
      await both.promise;
      await tx.execute('select 1 from accounts where id = ? for update', [second]);
      return first;
    });
  expect(await Promise.all([lockInTurn('ada', 'bob'), lockInTurn('bob', 'ada')])).toEqual(['ada', 'bob']);
  expect(runs).toBeGreaterThan(2);
});

test('any other failure is not repeated', async () => {
  let runs = 0;
  const refused = inTransaction(database.orm, async (tx) => {
    runs += 1;
    await tx.execute('select 1 from nowhere');
  });
  await expect(refused).rejects.toThrow(/nowhere/);
  expect(runs).toBe(1);
});

test('a batch leaves out an order that somebody holds: the others are on record, and it fails by itself', async () => {
  const orm = await connectOrm({ url: database.serviceUrl, purpose: 'steps' });
  const owner = new Client({ connectionString: database.url });
  await owner.connect();
  try {
    const orderIds = await Promise.all(
      Array.from({ length: 4 }, () => issue(database.orm, { buyerId: 'ada', sellerId: 'shop', amountMinor: 10n })),
    );
    const [held, ...free] = orderIds;
    await owner.query('begin');
    await owner.query('select 1 from orders where id = $1 for update', [held]);
    const recorder = createEventRecorder(orm);
    const noted = orderIds.map((orderId) =>
      recorder.record({
        orderId,
        from: ['check_issued'],
        events: [{ key: 'seen', type: 'distribution_reported', actor: 'distributor-test', body: {} }],
      }),
    );
    const [ofHeld, ...ofFree] = await Promise.allSettled(noted);
    expect(ofHeld).toMatchObject({ status: 'rejected', reason: { code: '55P03' } });
    expect(ofFree).toEqual(free.map(() => ({ status: 'fulfilled', value: { recorded: true } })));
    await owner.query('rollback');
  } finally {
    await owner.end();
    await orm.close();
  }
});
