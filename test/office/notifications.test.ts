import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { createLogger } from '../../platform/logger.ts';
import { listen } from '../../platform/notifications.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { silentProxy } from '../support/silent-proxy.ts';
import { until } from '../support/until.ts';

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
  const listener = listen({ url: database.serviceUrl, channel: 'order_events', wake, logger });
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
    const listener = listen({ url: database.serviceUrl, channel: 'order_events', wake: () => undefined, logger });
    for (let turned = 0; turned < turns; turned += 1) await turn();
    await expect(listener.close()).resolves.toBeUndefined();
  },
);

describe('behind a proxy that goes silent without closing anything', () => {
  const quick = { pingMs: 50, timeoutMs: 300 };

  test.each([
    ['open connections are replaced', false],
    ['connections that never come up are given up, until they do', true],
  ])('%s', async (_what, newOnes) => {
    const proxy = await silentProxy(database.serviceUrl);
    const wakes = new EventEmitter();
    const first = once(wakes, 'wake');
    const wake = () => wakes.emit('wake');
    const listener = listen({ url: proxy.url, channel: 'order_events', wake, logger, ...quick });
    await first;
    const again = once(wakes, 'wake');
    const before = proxy.taken;
    if (newOnes) proxy.freeze();
    else proxy.silence();
    if (newOnes) {
      await until(
        () => proxy.taken,
        (taken) => taken >= before + 2,
      );
      proxy.thaw();
    }
    await again;
    const notified = once(wakes, 'wake');
    await database.orm.em.fork().execute(`notify order_events`);
    await notified;
    await listener.close();
    await proxy.close();
  });

  test('a listener closes all the same', async () => {
    const proxy = await silentProxy(database.serviceUrl);
    const wakes = new EventEmitter();
    const first = once(wakes, 'wake');
    const listener = listen({
      url: proxy.url,
      channel: 'order_events',
      wake: () => wakes.emit('wake'),
      logger,
      ...quick,
      pingMs: 60_000,
    });
    await first;
    proxy.freeze();
    await expect(listener.close()).resolves.toBeUndefined();
    await proxy.close();
  });
});
