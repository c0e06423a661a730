import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { createLogger } from '../../platform/logger.ts';
import { listen } from '../../platform/notifications.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test('a listener wakes at first, and with each notification', async () => {
  const wakes = new EventEmitter();
  const first = once(wakes, 'wake');
  const wake = () => wakes.emit('wake');
  const listener = listen({ url: database.url, channel: 'order_events', wake, logger });
  await first;
  const second = once(wakes, 'wake');
  await database.orm.em.fork().execute(`notify order_events`);
  await second;
  await listener.close();
});

// Once it was only closed when it had connected: an API that was stopped in its first moments never ended.
test.each(Array.from({ length: 10 }, (_, turns) => turns))(
  'a listener that is closed %i turns of the loop after it began to connect, closes',
  async (turns) => {
    const listener = listen({ url: database.url, channel: 'order_events', wake: () => undefined, logger });
    for (let turned = 0; turned < turns; turned += 1) await turn();
    await expect(listener.close()).resolves.toBeUndefined();
  },
  5_000,
);
