import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApp } from '../../api/app.ts';
import { createMetrics } from '../../api/http/middleware.ts';
import { DEMO_DISTRIBUTOR } from '../../office/seed-data.ts';
import type { RunningWorker } from '../support/worker.ts';
import { expectProblem, testApi, workerFor, type TestApi } from './support.ts';

let api: TestApi;
let worker: RunningWorker;
beforeAll(async () => {
  api = await testApi();
  worker = await workerFor(api);
});
afterAll(async () => {
  await worker.stop();
  await api.close();
});

const euros = (amount: number) => ({ amount, currency: 'EUR' });
const olga = (method: string, path: string, body?: unknown, key?: string) =>
  api.ask(method, path, { as: 'operator-olga', body, key });

describe('accounts', () => {
  test('an operator opens one, repeats that harmlessly, and is refused other terms', async () => {
    const terms = { id: 'buyer-cleo', currency: 'EUR', creditLimit: euros(5_000) };
    const opened = await olga('POST', '/v1/accounts', terms);
    expect(opened).toMatchObject({ status: 201, body: { id: 'buyer-cleo', available: euros(5_000), status: 'open' } });
    expect(opened.headers.get('location')).toBe('/v1/accounts/buyer-cleo');
    expect((await olga('POST', '/v1/accounts', terms)).body).toEqual(opened.body);
    expectProblem(
      await olga('POST', '/v1/accounts', { ...terms, currency: 'USD', creditLimit: undefined }),
      'account-conflict',
    );
  });

  test('a deposit with the same key pays once', async () => {
    const deposit = { amount: euros(1_000) };
    const before = (await api.ask('GET', '/v1/account')).body.balance.amount;
    const first = await olga('POST', '/v1/accounts/buyer-ada/deposits', deposit, 'd1');
    expect(first).toMatchObject({ status: 201, body: { id: 'buyer-ada', balance: euros(before + 1_000) } });
    expect((await olga('POST', '/v1/accounts/buyer-ada/deposits', deposit, 'd1')).body.balance).toEqual(
      euros(before + 1_000),
    );
    const other = { amount: euros(2_000) };
    expectProblem(await olga('POST', '/v1/accounts/buyer-ada/deposits', other, 'd1'), 'idempotency-key-reused');
    expectProblem(await olga('POST', '/v1/accounts/buyer-ada/deposits', deposit), 'idempotency-key-required');
    expectProblem(await olga('POST', '/v1/accounts/buyer-zoe/deposits', deposit, 'd1'), 'not-found');
    const dollars = { amount: { amount: 1, currency: 'USD' } };
    expectProblem(await olga('POST', '/v1/accounts/buyer-ada/deposits', dollars, 'd2'), 'account-conflict');

    const entries = await api.ask('GET', '/v1/account/entries?limit=1');
    expect(entries.body.data).toMatchObject([
      { kind: 'deposit', amount: euros(1_000), balanceAfter: euros(before + 1_000) },
    ]);
    const next = await api.ask('GET', `/v1/account/entries?limit=1&cursor=${entries.body.nextCursor}`);
    expect(next.body.data[0].id).not.toBe(entries.body.data[0].id);
    expectProblem(await api.ask('GET', '/v1/account/entries?cursor=%00'), 'invalid-request');
  });

  test('twenty twins of a deposit at once pay once, and get one answer', async () => {
    const before = (await api.ask('GET', '/v1/account', { as: 'buyer-bob' })).body.balance.amount;
    const twins = Array.from({ length: 20 }, () =>
      olga('POST', '/v1/accounts/buyer-bob/deposits', { amount: euros(10) }, 'twin'),
    );
    const answers = await Promise.all(twins);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'false')).toHaveLength(1);
    expect((await api.ask('GET', '/v1/account', { as: 'buyer-bob' })).body.balance).toEqual(euros(before + 10));
  });

  test('freezing, and what it refuses', async () => {
    expect((await olga('PATCH', '/v1/accounts/buyer-bob', { status: 'frozen' })).body.status).toBe('frozen');
    expect(
      (await olga('PATCH', '/v1/accounts/buyer-bob', { status: 'open', creditLimit: euros(7) })).body,
    ).toMatchObject({
      status: 'open',
      creditLimit: euros(7),
    });
    expectProblem(await olga('PATCH', '/v1/accounts/buyer-bob', { status: 'closed' }), 'account-conflict');
    expectProblem(await olga('PATCH', '/v1/accounts/buyer-zoe', { status: 'frozen' }), 'not-found');
  });

  test('a party reads its own account and no other one', async () => {
    expect((await api.ask('GET', '/v1/accounts/buyer-ada')).body.id).toBe('buyer-ada');
    expect((await api.ask('GET', '/v1/account', { as: 'seller-mill' })).body.id).toBe('seller-mill');
    expectProblem(await api.ask('GET', '/v1/accounts/buyer-bob'), 'not-found');
    expectProblem(await api.ask('GET', '/v1/account', { as: 'operator-olga' }), 'not-found');
    expect((await olga('GET', '/v1/accounts/buyer-bob')).body.id).toBe('buyer-bob');
    expectProblem(await olga('GET', '/v1/accounts/office:world:EUR'), 'not-found');
  });
});

describe('the registries', () => {
  test('sellers, their commodities and distributors are listed while they are active', async () => {
    expect((await api.ask('GET', '/v1/sellers')).body.data).toContainEqual({ id: 'seller-mill', name: 'The Mill' });
    const { body } = await api.ask('GET', '/v1/sellers/seller-mill/commodities');
    expect(body.data).toContainEqual({ sku: 'flour-25kg', name: 'Wheat flour, 25 kg', price: euros(1_890) });
    const { terms, ...party } = DEMO_DISTRIBUTOR;
    const swift = { ...party, countries: terms.countries };
    expect((await api.ask('GET', '/v1/distributors')).body.data).toEqual([swift]);

    await olga('PUT', '/v1/registry/sellers/seller-forge', { name: 'The Forge', status: 'suspended', agent: 'auto' });
    expect((await api.ask('GET', '/v1/sellers')).body.data.map(({ id }: { id: string }) => id)).toEqual([
      'seller-mill',
    ]);
    expectProblem(await api.ask('GET', '/v1/sellers/seller-forge/commodities'), 'not-found');
  });

  test('a new seller with its offers', async () => {
    const commodities = [{ sku: 'tea', name: 'Tea', price: euros(300), weightGrams: 100 }];
    const put = await olga('PUT', '/v1/registry/sellers/seller-tea', { name: 'Tea House', commodities });
    expect(put).toMatchObject({ status: 200, body: { id: 'seller-tea', status: 'active', agent: 'auto', version: 1 } });
    const { body } = await api.ask('GET', '/v1/sellers/seller-tea/commodities');
    expect(body.data).toEqual([{ sku: 'tea', name: 'Tea', price: euros(300) }]);
    expectProblem(await olga('PUT', '/v1/registry/sellers/buyer-ada', { name: 'Ada' }), 'account-conflict');
  });

  test('a new distributor must say where and when it delivers', async () => {
    const put = (body: unknown) => olga('PUT', '/v1/registry/distributors/distributor-slow', body);
    expectProblem(await put({ name: 'Slow' }), 'invalid-request');
    const terms = {
      countries: ['DE'],
      timeZone: 'Europe/Berlin',
      weekdays: [1],
      window: { fromHour: 8, toHour: 12 },
      maxWeightGrams: 1_000,
    };
    expectProblem(await put({ name: 'Slow', terms: { ...terms, timeZone: 'Mars/Olympus' } }), 'invalid-request');
    expect(await put({ name: 'Slow', terms })).toMatchObject({ status: 200, body: { id: 'distributor-slow', terms } });
    for (const countries of [['DE'], ['AT', 'DE']]) {
      expect((await put({ name: 'Slow', terms: { ...terms, countries } })).status).toBe(200);
      const { data } = (await api.ask('GET', '/v1/distributors')).body;
      expect(data).toContainEqual({ id: 'distributor-slow', name: 'Slow', countries });
    }
  });
});

describe('the service', () => {
  test('lives, is ready, hands out demo tokens, publishes its description, its problems and its metrics', async () => {
    const anybody = (path: string) => api.ask('GET', path, { as: null });
    expect((await anybody('/health/live')).body).toEqual({ status: 'live' });
    expect((await anybody('/health/ready')).body).toMatchObject({
      status: 'ready',
      checks: [
        { name: 'temporal', ok: true },
        { name: 'database', ok: true },
        { name: 'migrations', ok: true },
        { name: 'events', ok: true },
        { name: 'workers', ok: true },
      ],
    });
    const { tokens } = (await anybody('/dev/tokens')).body;
    expect(tokens.map(({ party }: { party: string }) => party)).toContain('operator-olga');
    expect((await api.ask('GET', '/v1/orders', { as: tokens[0].token })).status).toBe(200);
    expect((await anybody('/openapi.json')).body.openapi).toBe('3.1.0');
    expect((await anybody('/')).body).toContain('<title>Countersign</title>');
    expect((await anybody('/docs/')).body).toContain('swagger-ui');
    expect((await anybody('/docs/swagger-ui-bundle.js')).status).toBe(200);
    expect((await anybody('/problems/credit-declined')).body.status).toBe(402);
    expect((await anybody('/metrics')).body).toContain('http_request_duration_seconds_bucket');
    const list = await anybody('/.well-known/echeck-status');
    expect(list.headers.get('content-type')).toContain('application/statuslist+jwt');
    expect(list.body.split('.')).toHaveLength(3);
  });

  test('a scrape that reads by itself is nobody who waits for a connection', async () => {
    const metrics = createMetrics();
    createApp({ ...api.deps, pools: { reads: api.deps.reads } }, metrics);
    const page = await metrics.registry.metrics();
    expect(page).toContain('countersign_orders_open{');
    expect(page).toMatch(/^countersign_database_pool_waiting\{pool="reads"\} 0$/m);
  });
});
