import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { realService, type RealService } from '../support/real-service.ts';
import { heldUpOrder, orderFor } from '../support/service.ts';
import { silentProxy, type SilentProxy } from '../support/silent-proxy.ts';
import { until } from '../support/until.ts';

const readiness = (service: RealService) => service.ask('GET', '/health/ready');
/** Everything is there but a worker, which these tests do without. */
const isReady = async (service: RealService) => {
  const { body } = await readiness(service);
  const missing = body.checks.filter(({ ok }: { ok: boolean }) => !ok).map(({ name }: { name: string }) => name);
  return missing.every((name: string) => name === 'workers');
};
const deposit = (service: RealService, key: string) =>
  service.ask('POST', '/v1/accounts/buyer-ada/deposits', {
    as: 'operator-olga',
    key,
    body: { amount: { amount: 100, currency: 'EUR' } },
  });

describe('something between the API and its database forgets the open connections', () => {
  let service: RealService;
  let proxy: SilentProxy;
  beforeAll(async () => {
    const apiUrl = async (url: string) => (proxy = await silentProxy(url)).url;
    service = await realService({ apiUrl, withWorker: false });
  });
  afterAll(async () => {
    proxy.cut();
    await service.close();
    await proxy.close();
  });

  test('each pool answers 503 at most once, names the database, and then works again by itself', async () => {
    expect((await deposit(service, 'before')).status).toBe(201);
    expect(await isReady(service)).toBe(true);
    proxy.silence();
    const statuses: number[] = [];
    await until(
      async () => {
        const answers = [await deposit(service, 'after'), await service.ask('GET', '/v1/orders')];
        for (const { status, body, headers } of answers) {
          statuses.push(status);
          if (status !== 503) continue;
          expect(body.detail).toMatch(/^The database cannot be reached just now/);
          expect(headers.get('retry-after')).toBe('5');
        }
        return answers.map(({ status }) => status);
      },
      (answers) => answers.every((status) => status < 300),
    );
    expect(statuses.filter((status) => status >= 500).length).toBeLessThanOrEqual(2);
    await until(
      () => isReady(service),
      (ready) => ready,
    );
  });
});

describe('the database is frozen', () => {
  let service: RealService;
  let proxy: SilentProxy;
  beforeAll(async () => {
    // The API sees the same database by another way: what it tells is not in doubt.
    const workerUrl = async (url: string) => (proxy = await silentProxy(url)).url;
    service = await realService({ workerUrl });
  });
  afterAll(async () => {
    proxy.cut();
    await service.close();
    await proxy.close();
  });

  test("an order's attention says that it is the database, and the order goes on when it is back", async () => {
    const warm = await service.ask('POST', '/v1/orders', { key: 'warm', body: orderFor() });
    expect([201, 202]).toContain(warm.status);
    proxy.freeze();
    const { id } = await heldUpOrder(service, 'frozen', /^Database(Slow|Unavailable)$/);
    proxy.thaw();
    await until(
      () => service.ask('GET', `/v1/orders/${id}`),
      (answer) => answer.body.stage === 'scheduled',
    );
  });
});

describe('the database is away for the API', () => {
  let service: RealService;
  let proxy: SilentProxy;
  beforeAll(async () => {
    const apiUrl = async (url: string) => (proxy = await silentProxy(url)).url;
    service = await realService({ apiUrl, withWorker: false });
  });
  afterAll(async () => {
    proxy.cut();
    await service.close();
    await proxy.close();
  });

  test('every request is answered while it is frozen, and readiness says so; it heals', async () => {
    proxy.freeze();
    const answers = await Promise.all([
      deposit(service, 'frozen'),
      service.ask('GET', '/v1/orders'),
      service.ask('GET', '/v1/account'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    const { body } = await readiness(service);
    expect(body.checks.find(({ name }: { name: string }) => name === 'database')).toMatchObject({ ok: false });
    proxy.thaw();
    await until(
      () => deposit(service, 'thawed'),
      ({ status }) => status === 201,
    );
    await until(
      () => isReady(service),
      (ready) => ready,
    );
  });
});
