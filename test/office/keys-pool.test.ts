import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openKeyRing } from '../../office/checks/key-ring.ts';
import { connectOrm } from '../../platform/orm.ts';
import { testDatabase } from '../support/database.ts';

test('transactions that fill the pool learn of keys, also when somebody outside has asked before them', async () => {
  const database = await testDatabase();
  const directory = await mkdtemp(join(tmpdir(), 'echeck-keys-'));
  const orm = await connectOrm({ url: database.serviceUrl, poolMax: 2 });
  try {
    let now = 0;
    const ring = await openKeyRing({ orm, source: { directory }, now: () => now });
    const { kid } = await ring.signingKey();
    // What is known is old, the pool is full, and a question from outside waits for it.
    now += 60_000;
    const { promise: full, resolve: isFull } = Promise.withResolvers<void>();
    let begun = 0;
    const transaction = () =>
      orm.em.fork().transactional(async (tx) => {
        await tx.execute('select 1');
        begun += 1;
        if (begun === 2) isFull();
        await outsideHasAsked;
        return ring.verificationKey(kid, tx);
      });
    const { promise: outsideHasAsked, resolve: asked } = Promise.withResolvers<void>();
    const inside = [transaction(), transaction()];
    await full;
    const outside = ring.signingKey();
    asked();
    expect(await Promise.all(inside)).toEqual([expect.anything(), expect.anything()]);
    expect((await outside).kid).toBe(kid);
  } finally {
    await orm.close();
    await database.close();
    await rm(directory, { recursive: true });
  }
});
