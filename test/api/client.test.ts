import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import canonicalize from 'canonicalize';
import { createCountersignClient, type CountersignClient } from '../../client/index.ts';
import { openApiDocument } from '../../api/http/openapi.ts';
import { endpoints } from '../../api/endpoints.ts';
import type { RunningWorker } from '../support/worker.ts';
import { testApi, workerFor, type TestApi } from './support.ts';

let api: TestApi;
let worker: RunningWorker;
let client: CountersignClient;
beforeAll(async () => {
  api = await testApi();
  worker = await workerFor(api);
  const token = await api.issuer.issue({ id: 'buyer-ada', role: 'buyer' });
  client = createCountersignClient({ baseUrl: api.url, token });
});
afterAll(async () => {
  await worker.stop();
  await api.close();
});

test('the client was generated from the description that the API gives now (else: npm run client)', () => {
  const description = canonicalize(openApiDocument(endpoints)) ?? '';
  const schema = readFileSync(new URL('../../client/schema.ts', import.meta.url), 'utf8');
  expect(schema).toContain(createHash('sha256').update(description).digest('hex'));
});

test('a typed client orders and reads', async () => {
  const placed = await client.POST('/v1/orders', {
    params: { header: { 'Idempotency-Key': 'typed' } },
    body: {
      sellerId: 'seller-mill',
      distributorId: 'distributor-swift',
      lines: [{ sku: 'rye-1kg', quantity: 2 }],
      deliverTo: { name: 'Ada', street: 'Lindenweg 4', city: 'Köln', postalCode: '50667', country: 'DE' },
      settleOn: 'delivery',
    },
  });
  expect(placed.data?.charge).toEqual({ amount: 430, currency: 'EUR' });
  const orderId = placed.data?.id ?? '';
  const read = await client.GET('/v1/orders/{orderId}', { params: { path: { orderId } } });
  expect(read.data?.echeck?.number).toBe(placed.data?.echeck?.number);
});

test('a problem is typed, too', async () => {
  const { error } = await client.GET('/v1/orders/{orderId}', {
    params: { path: { orderId: `order-${'a'.repeat(26)}` } },
  });
  expect(error?.type).toBe('/problems/not-found');
});
