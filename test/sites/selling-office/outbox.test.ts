import { setImmediate as turn } from 'node:timers/promises';
import type { Orm } from '../../../sites/selling-office/database.ts';
import type { Errand } from '../../../sites/selling-office/entities/errand.entity.ts';
import { startOutbox, type Run } from '../../../sites/selling-office/outbox/outbox.ts';
import { until } from '../../support/until.ts';

/* When the shop carries out what it has noted for the office. */

test('an errand that ends while the list of what is due is read is not run again by that list', async () => {
  const errand: Errand = {
    kind: 'demand',
    subject: 'order-1',
    version: 1,
    attempts: 0,
    dueAt: new Date(0),
    doneAt: null,
    note: null,
  };
  const [slowList, answered] = [Promise.withResolvers<Errand[]>(), Promise.withResolvers<void>()];
  const ended = Promise.withResolvers<void>();
  const lists = [[errand], slowList.promise];
  let [reads, runs] = [0, 0];
  const em = {
    find: async () => lists[reads++] ?? [],
    nativeUpdate: async () => ended.resolve(),
  };
  const run: Run = async () => {
    runs += 1;
    await answered.promise;
    return { to: 'done', note: 'paid' };
  };
  const outbox = startOutbox({
    orm: { em: { fork: () => em } } as unknown as Orm,
    run: { demand: run, offers: run, decision: run },
    clock: () => new Date(),
    onFault: (error) => {
      throw error;
    },
  });
  await until(() => runs === 1);
  outbox.wake();
  await until(() => reads === 2);
  answered.resolve();
  await ended.promise;
  await turn();
  slowList.resolve([errand]);
  await until(() => reads > 2);
  await outbox.close();
  expect(runs).toBe(1);
});
