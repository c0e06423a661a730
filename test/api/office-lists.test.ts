import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApp } from '../../api/app.ts';
import { serve } from '../../api/serve.ts';
import type { ApiDeps } from '../../api/deps.ts';
import type { RunningWorker } from '../support/worker.ts';
import { orderFor, orderWhen } from '../support/service.ts';
import { expectProblem, scheduleOnceInstructed, testApi, workerFor, type Answer, type TestApi } from './support.ts';

/* What the desks ask beside the orders themselves: who one is, how to sign in, and the lists and figures of the office. */

let api: TestApi;
let worker: RunningWorker;
/** Orders that wait for their buyer, the oldest first. */
const waiting: string[] = [];

beforeAll(async () => {
  api = await testApi();
  worker = await workerFor(api);
  for (const key of ['one', 'two', 'three']) {
    const { body } = await api.ask('POST', '/v1/orders', { body: orderFor({ presentation: 'manual' }), key });
    waiting.push(body.id);
  }
  await api.ask('POST', `/v1/orders/${waiting[1]}/cancellation`, { body: { reason: 'enough' } });
  await orderWhen(api, waiting[1] ?? '', ({ stage }) => stage === 'cancelled');
});
afterAll(async () => {
  await worker.stop();
  await api.close();
});

const olga = (path: string) => api.ask('GET', path, { as: 'operator-olga' });

/** All pages of a list, read with so few a page that there are several. */
async function pages(path: string, limit = 2): Promise<Answer['body'][]> {
  const found = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { body } = await olga(
      `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${cursor && `&cursor=${cursor}`}`,
    );
    expect(body.data.length).toBeLessThanOrEqual(limit);
    found.push(...body.data);
    cursor = body.nextCursor;
  }
  return found;
}

describe('who one is', () => {
  test('the party of the token, with its name where it is registered, and its terminal', async () => {
    const me = async (as: string) => (await api.ask('GET', '/v1/me', { as })).body;
    const ada = { partyId: 'buyer-ada', role: 'buyer', name: null, terminalId: 'terminal-ada' };
    expect(await me('buyer-ada')).toEqual(ada);
    const olgas = { partyId: 'operator-olga', role: 'operator', name: null, terminalId: null };
    expect(await me('operator-olga')).toEqual(olgas);
    const { body: mill } = await olga('/v1/registry/sellers/seller-mill');
    expect(await me('seller-mill')).toMatchObject({ partyId: 'seller-mill', role: 'seller', name: mill.name });
    const { body: swift } = await olga('/v1/registry/distributors/distributor-swift');
    expect((await me('distributor-swift')).name).toBe(swift.name);
    // The same id in another role is another party.
    expect((await me(await api.issuer.issue({ id: 'seller-mill', role: 'buyer' }))).name).toBeNull();
  });
});

describe('how people sign in', () => {
  const oidc = {
    issuer: 'https://id.example',
    clientId: 'desks',
    scope: 'openid',
    parameters: { audience: 'countersign' },
    origins: ['https://id.example', 'https://keys.example'],
  };
  const installations: readonly (readonly [string, Partial<ApiDeps>, Record<string, unknown>])[] = [
    ['embedded, by a demo party', {}, { kind: 'demo' }],
    ['at nothing, where nothing is set', { demoTokens: undefined }, { kind: 'none' }],
    [
      'at the issuer of the settings',
      { demoTokens: undefined, desk: { oidc } },
      { kind: 'oidc', issuer: oidc.issuer, clientId: 'desks', scope: 'openid', parameters: oidc.parameters },
    ],
  ];
  test.each(installations)('%s', async (_way, change, expected) => {
    const other = await serve(createApp({ ...api.deps, ...change }), { host: '127.0.0.1', port: 0 });
    const { status, body } = await api.ask('GET', '/v1/sign-in', { as: null, at: other.url });
    await other.close();
    expect({ status, body }).toEqual({ status: 200, body: expected });
  });
});

test('the forms of all countries are for everybody, and kept by browsers', async () => {
  const { status, headers, body } = await api.ask('GET', '/v1/countries', { as: null });
  expect([status, headers.get('cache-control'), body.data.length]).toEqual([200, 'public, max-age=3600', 249]);
  const again = await api.ask('GET', '/v1/countries', {
    as: null,
    headers: { 'if-none-match': headers.get('etag') ?? '' },
  });
  expect(again.status).toBe(304);
});

test('operators find the workflow of an order, nobody else does', async () => {
  const path = `/v1/orders/${waiting[0]}`;
  const workflow = `http://temporal.example/namespaces/default/workflows/${waiting[0]}`;
  expect((await olga(path)).body.links.workflow).toBe(workflow);
  expect((await api.ask('GET', path)).body.links).not.toHaveProperty('workflow');
  const listed = (await olga('/v1/orders')).body.data.find(({ id }: { id: string }) => id === waiting[0]);
  expect(listed.links.workflow).toBe(workflow);
  const other = await serve(createApp({ ...api.deps, workflowUrl: undefined }), { host: '127.0.0.1', port: 0 });
  const { body } = await api.ask('GET', path, { as: 'operator-olga', at: other.url });
  await other.close();
  expect(body.links).not.toHaveProperty('workflow');
});

describe('the accounts', () => {
  test('are those of all parties, by id, page by page', async () => {
    const all = await pages('/v1/accounts');
    const ids: string[] = all.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['buyer-ada', 'buyer-bob', 'seller-forge', 'seller-mill']));
    expect(ids).toEqual([...new Set(ids)].toSorted());
    const ada = all.find(({ id }) => id === 'buyer-ada');
    const { body } = await olga('/v1/accounts/buyer-ada');
    expect(ada).toEqual({ ...body, kind: 'buyer' });
  });

  test('of one kind, and of one status', async () => {
    expect(new Set((await pages('/v1/accounts?kind=seller')).map(({ kind }) => kind))).toEqual(new Set(['seller']));
    expect(await pages('/v1/accounts?status=closed')).toEqual([]);
    expectProblem(await olga('/v1/accounts?kind=world'), 'invalid-request');
  });
});

describe('the checks', () => {
  const numberOf = (orderId = '') => orderId.replace('order-', 'check-');

  test('are there page by page, the newest first, without the signed checks themselves', async () => {
    const all = await pages('/v1/echecks');
    expect(all.map(({ number }) => number)).toEqual(waiting.map(numberOf).toReversed());
    for (const check of all) {
      const { body } = await olga(`/v1/echecks/${check.number}`);
      expect(check).toEqual(body);
      expect(check).not.toHaveProperty('jws');
    }
  });

  test('of one status, and of one order', async () => {
    expect((await pages('/v1/echecks?status=voided', 1)).map(({ orderId }) => orderId)).toEqual([waiting[1]]);
    expect((await pages(`/v1/echecks?orderId=${waiting[2]}`)).map(({ number }) => number)).toEqual([
      numberOf(waiting[2]),
    ]);
  });
});

describe('the orders that wait', () => {
  test('are there page by page, the longest waiting first, with for whom, what for and since when', async () => {
    const all = await pages('/v1/waiting-orders', 1);
    expect(all.map(({ id }) => id)).toEqual([waiting[0], waiting[2]]);
    expect(all[0]).toEqual({
      id: waiting[0],
      stage: 'check_issued',
      waiting: { partyId: 'buyer-ada', what: 'to present the check', since: expect.any(String) },
    });
  });

  test('for one party, at one stage', async () => {
    expect(await pages('/v1/waiting-orders?partyId=seller-mill')).toEqual([]);
    expect(await pages('/v1/waiting-orders?stage=presented')).toEqual([]);
    expect(await pages('/v1/waiting-orders?partyId=buyer-ada&stage=check_issued&all=true')).toHaveLength(2);
    expectProblem(await olga('/v1/waiting-orders?stage=completed'), 'invalid-request');
  });
});

describe('the dates to choose from', () => {
  test('are none before the order is accepted, and once it has ended', async () => {
    const slots = (id = '') => olga(`/v1/orders/${id}/delivery-slots`);
    expect((await slots(waiting[0])).body).toEqual({ timeZone: 'Europe/Berlin', data: [] });
    const { body } = await api.ask('POST', '/v1/orders', { body: orderFor(), key: 'fixed' });
    await orderWhen(api, body.id, ({ stage }) => stage === 'scheduled');
    // A date that is fixed may be moved.
    expect((await slots(body.id)).body.data).toHaveLength(10);
    await api.ask('POST', `/v1/orders/${body.id}/cancellation`, { body: { reason: 'not needed any more' } });
    expect((await slots(body.id)).body.data).toEqual([]);
  });

  test('are ten, and the first one is taken, by whoever plans by hand', async () => {
    const { body: swift } = await olga('/v1/registry/distributors/distributor-swift');
    await api.ask('PUT', '/v1/registry/distributors/distributor-hand', {
      as: 'operator-olga',
      body: { name: 'By hand', agent: 'manual', terms: swift.terms },
    });
    const hand = await api.issuer.issue({ id: 'distributor-hand', role: 'distributor' });
    const { body } = await api.ask('POST', '/v1/orders', {
      body: orderFor({ distributorId: 'distributor-hand' }),
      key: 'by hand',
    });
    const order = await orderWhen(api, body.id, ({ stage }) => stage === 'accepted');
    const { data } = (await olga(`/v1/orders/${order.id}/delivery-slots`)).body;
    expect(data).toHaveLength(10);
    expect(data).toEqual(data.toSorted());
    const deliverAt = data[0];
    const fixed = await scheduleOnceInstructed(api, order.id, deliverAt, hand);
    expect(fixed).toMatchObject({ status: 200, body: { distribution: { deliverAt } } });
    const after = await api.ask('GET', `/v1/orders/${order.id}/delivery-slots`, { as: hand });
    expect(after.body.data).toEqual(data);
  });
});

describe('the figures', () => {
  test('are of the last day when nobody says which, and agree with the lists', async () => {
    const { body } = await olga('/v1/statistics');
    expect(Date.parse(body.to) - Date.parse(body.from)).toBe(86_400_000);
    expect(Object.keys(body.orders.byStage)).toHaveLength(13);
    expect(body.orders.byStage).toMatchObject({ check_issued: 2, cancelled: 2 });
    const all = Object.values<number>(body.orders.byStage).reduce((sum, count) => sum + count, 0);
    expect(body.perMinute.data.reduce((sum: number, { placed }: { placed: number }) => sum + placed, 0)).toBe(all);
    expect(body.orders.waiting).toContainEqual({
      partyId: 'buyer-ada',
      stage: 'check_issued',
      what: 'to present the check',
      count: 2,
      oldest: expect.any(String),
    });
    const euros = body.money.currencies.find(({ currency }: { currency: string }) => currency === 'EUR');
    const accounts = await pages('/v1/accounts', 100);
    const held = accounts.reduce((sum, account) => sum + account.held.amount, 0);
    expect(euros.data.at(-1).held).toBe(held);
  });

  test.each([
    ['from=2026-02-01&to=2026-01-01', 'must lie before `to`'],
    ['from=2026-01-01&to=2026-01-01', 'must lie before `to`'],
    ['from=2026-01-01&to=2026-04-02', 'must lie at most 90 days before `to`'],
    ['to=yesterday', 'must be a time such as'],
  ])('of no period that there is: %s', async (query, detail) => {
    const answer = await olga(`/v1/statistics?${query}`);
    expectProblem(answer, 'invalid-request');
    expect(answer.body.errors[0].detail).toContain(detail);
  });
});
