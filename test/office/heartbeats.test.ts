import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createReconciliationActivities } from '../../activities/reconciliation.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const unused = () => Promise.reject(new Error('not asked for'));

test('a long comparison heartbeats until it is over, and then no more', async () => {
  let beats = 0;
  const enough = new Promise<void>((resolve) => {
    activity.on('heartbeat', () => {
      beats += 1;
      if (beats === 3) resolve();
    });
  });
  const steps = createReconciliationActivities({
    orm: database.orm,
    clock: () => new Date(),
    // Of the workflows no text is opened.
    sealer: { seal: unused, open: unused, forget: unused },
    workflows: {
      // Temporal takes its time with the list: as long as three heartbeats.
      async *listOpen() {
        await enough;
        yield* [];
      },
      async *listClosed() {},
      isOpen: () => Promise.resolve(false),
      standing: () => Promise.resolve(undefined),
      signalRecord: () => Promise.resolve(),
      status: () => Promise.resolve('running' as const),
      troubles: () => Promise.resolve([]),
    },
  });
  expect(await activity.run(() => steps.compareWorkflows())).toEqual([]);
  const atTheEnd = beats;
  expect(atTheEnd).toBeGreaterThanOrEqual(3);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(beats).toBe(atTheEnd);
});

const activity = new MockActivityEnvironment({ heartbeatTimeoutMs: 60 });
