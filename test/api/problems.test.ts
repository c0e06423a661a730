import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PROBLEMS, type ProblemSlug } from '../../api/http/problems.ts';
import type { RunningWorker } from '../support/worker.ts';
import { Client } from 'pg';
import {
  expectProblem,
  flourOrder,
  reportOnceInstructed,
  scheduleOnceInstructed,
  testApi,
  workerFor,
  type Answer,
  type Ask,
  type TestApi,
} from './support.ts';
import { presentationOf } from '../support/service.ts';
import { until } from '../support/until.ts';

let api: TestApi;
let limited: TestApi;
let broken: TestApi;
let worker: RunningWorker;

beforeAll(async () => {
  api = await testApi();
  worker = await workerFor(api);
  limited = await testApi((deps) => ({ ...deps, rateLimit: 1 }));
  broken = await testApi((deps) => ({
    ...deps,
    gateway: {
      ...deps.gateway,
      request: async (input) => {
        if (input.sellerId === 'seller-mill')
          return { kind: 'refused', refusal: { code: 'refused-by-seller', detail: 'No.' } };
        if (input.sellerId === 'seller-forge')
          throw Object.assign(new Error('secret host db-7'), { code: 'ECONNREFUSED' });
        throw new Error('secret invariant of table x');
      },
    },
  }));
});
afterAll(async () => {
  await worker.stop();
  await Promise.all([api, limited, broken].map((each) => each.close()));
});

const order = (change: Record<string, unknown>, key: string, ask: Ask = {}) =>
  api.ask('POST', '/v1/orders', { body: flourOrder(change), key, ...ask });
const manual = { presentation: 'manual' };
const onOrder = async (key: string, path: string, ask: Ask) => {
  const { body } = await order(manual, key);
  return api.ask('POST', `/v1/orders/${body.id}/${path}`, ask);
};
const olga = (method: string, path: string, body: unknown) => api.ask(method, path, { as: 'operator-olga', body });

/** How each type of problem comes about. A type without its way does not compile. */
const WAYS: Record<ProblemSlug, () => Promise<Answer>> = {
  'credit-declined': () => order({}, 'p1', { as: 'buyer-bob' }),
  'seller-not-registered': () => order({ sellerId: 'seller-nobody' }, 'p2'),
  'distributor-not-registered': () => order({ distributorId: 'distributor-nobody' }, 'p3'),
  'unknown-commodity': () => order({ lines: [{ sku: 'gold', quantity: 1 }] }, 'p4'),
  'not-deliverable': () => order({ lines: [{ sku: 'flour-25kg', quantity: 21 }] }, 'p19'),
  'price-changed': () => order({ expectedCharge: { amount: 1, currency: 'EUR' } }, 'p5'),
  'settlement-not-offered': async () => {
    const commodities = [
      { sku: 'tile', name: 'Tile', price: { amount: 100, currency: 'EUR' }, weightGrams: 900, handlingHours: 1 },
    ];
    await olga('PUT', '/v1/registry/sellers/seller-tiles', { name: 'Tiles', settleOn: 'delivery', commodities });
    return order({ sellerId: 'seller-tiles', lines: [{ sku: 'tile', quantity: 1 }], settleOn: 'notice' }, 'settlement');
  },
  'echeck-invalid': async () => {
    const { body } = await order(manual, 'p6');
    const presentation = { ...presentationOf(body), echeck: 'a.b.c' };
    return api.ask('POST', `/v1/orders/${body.id}/presentation`, { body: presentation });
  },
  'amount-differs': () => onOrder('amount', 'payment-indication', { body: { amount: { amount: 1, currency: 'EUR' } } }),
  'refused-by-seller': () => broken.ask('POST', '/v1/orders', { body: flourOrder(), key: 'p7' }),
  'idempotency-key-reused': async () => {
    await order(manual, 'p8');
    return order({}, 'p8');
  },
  'malformed-request': () => order({}, 'p9', { body: '{' }),
  'idempotency-key-required': () => api.ask('POST', '/v1/orders', { body: flourOrder() }),
  unauthorized: () => api.ask('GET', '/v1/orders', { as: null }),
  forbidden: () => api.ask('GET', '/v1/api-keys'),
  'not-found': () => api.ask('GET', '/v1/nothing'),
  'method-not-allowed': () => api.ask('PUT', '/v1/orders'),
  'payload-too-large': () => order({}, 'p10', { body: `"${'x'.repeat(1_100_000)}"` }),
  'unsupported-media-type': () => order({}, 'p11', { headers: { 'content-type': 'text/xml' } }),
  'invalid-request': () => order({ lines: [] }, 'p12'),
  'event-id-reused': async () => {
    const { body } = await order({}, 'p18');
    const report = (kind: string) =>
      reportOnceInstructed(api, body.id, { eventId: 'scan', kind, occurredAt: new Date().toISOString() });
    await report('picked_up');
    return report('in_transit');
  },
  'outside-service': async () => {
    const swift = { name: 'Swift Distribution', status: 'active' };
    await olga('PUT', '/v1/registry/distributors/distributor-swift', { ...swift, agent: 'manual' });
    try {
      const { body } = await order({}, 'suspended');
      return await scheduleOnceInstructed(api, body.id, new Date(Date.now() + 60_000).toISOString());
    } finally {
      await olga('PUT', '/v1/registry/distributors/distributor-swift', { ...swift, agent: 'auto' });
    }
  },
  'too-many-requests': async () => {
    await limited.ask('GET', '/v1/sellers');
    return limited.ask('GET', '/v1/sellers');
  },
  'illegal-transition': () => onOrder('p13', 'payment-indication', {}),
  'party-suspended': async () => {
    const mill = (change: object) => olga('PUT', '/v1/registry/sellers/seller-mill', { name: 'The Mill', ...change });
    await mill({ agent: 'manual' });
    const { body } = await order({}, 'withheld');
    await until(
      () => api.ask('GET', `/v1/orders/${body.id}`),
      (answer) => answer.body.stage === 'presented',
    );
    await mill({ agent: 'manual', status: 'suspended' });
    const answer = await until(
      () => api.ask('POST', `/v1/orders/${body.id}/acceptance`, { as: 'seller-mill' }),
      ({ body: { type } }) => type !== '/problems/illegal-transition',
    );
    await mill({ agent: 'auto' });
    return answer;
  },
  'refund-exceeds-settled': () => onOrder('p14', 'refund', { as: 'operator-olga', key: 'r', body: { reason: 'x' } }),
  'insufficient-funds': async () => {
    const { body } = await order({ settleOn: 'notice', lines: [{ sku: 'rye-1kg', quantity: 1 }] }, 'p15');
    await until(
      () => api.ask('GET', `/v1/orders/${body.id}`),
      (answer) => answer.body.payment.status === 'settled',
    );
    await empty('seller-mill');
    return api.ask('POST', `/v1/orders/${body.id}/refund`, { as: 'seller-mill', key: 'r', body: { reason: 'x' } });
  },
  'account-conflict': () => olga('PATCH', '/v1/accounts/buyer-ada', { status: 'closed' }),
  'account-not-open': async () => {
    await olga('PATCH', '/v1/accounts/seller-mill', { status: 'frozen' });
    const body = { amount: { amount: 1, currency: 'EUR' }, reference: 'x' };
    return api.ask('POST', '/v1/accounts/seller-mill/payouts', { as: 'seller-mill', key: 'p19', body });
  },
  'version-conflict': () => olga('PUT', '/v1/registry/sellers/seller-mill', { name: 'The Mill', version: 99 }),
  'limit-reached': async () => {
    const make = () => api.ask('POST', '/v1/webhooks', { as: 'seller-forge', body: { url: 'https://example.com/' } });
    for (let count = 0; count < 20; count++) await make();
    return make();
  },
  'internal-error': () => broken.ask('POST', '/v1/orders', { body: flourOrder({ sellerId: 'seller-x' }), key: 'p16' }),
  'service-unavailable': () =>
    broken.ask('POST', '/v1/orders', { body: flourOrder({ sellerId: 'seller-forge' }), key: 'p17' }),
};

/** As somebody with the owner's rights and no scruples. */
async function empty(accountId: string): Promise<void> {
  const owner = new Client(api.database.url);
  await owner.connect();
  await owner.query('set session_replication_role = replica');
  await owner.query('update accounts set balance = 0 where id = $1', [accountId]);
  await owner.end();
}

test.each(Object.entries(WAYS))('%s', async (slug, way) => {
  const answer = await way();
  expectProblem(answer, slug as ProblemSlug);
  const { title } = PROBLEMS[slug as ProblemSlug];
  expect(answer.body).toMatchObject({
    title,
    detail: expect.any(String),
    instance: expect.stringMatching(/^urn:request:/),
  });
  expect(JSON.stringify(answer.body)).not.toMatch(/secret|node_modules|\.ts:|at async|select |insert /);
  expect((await api.ask('GET', answer.body.type, { as: null })).body.title).toBe(title);
});
