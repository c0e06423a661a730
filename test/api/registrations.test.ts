import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunningWorker } from '../support/worker.ts';
import type { OrderGateway } from '../../api/temporal/order-gateway.ts';
import { orderFor, orderWhen } from '../support/service.ts';
import { expectProblem, testApi, workerFor, type TestApi } from './support.ts';
import { until } from '../support/until.ts';

const OLGA = 'operator-olga';
let api: TestApi;
let worker: RunningWorker;
/** So many of the next signals do not get through, as if Temporal were away. */
let lost = 0;
beforeAll(async () => {
  api = await testApi((deps) => ({ ...deps, gateway: losingSignals(deps.gateway) }));
  worker = await workerFor(api);
});
afterAll(async () => {
  await worker.stop();
  await api.close();
});

const get = (path: string, as = OLGA) => api.ask('GET', `/v1/registry/${path}`, { as });

test('what was put is read, and may be put again as it was read', async () => {
  const { body: seller } = await get('sellers/seller-mill');
  expect(seller).toMatchObject({ id: 'seller-mill', status: 'active', agent: 'auto', currency: 'EUR' });
  expect(seller.commodities).toContainEqual(expect.objectContaining({ sku: 'rye-1kg', weightGrams: 1000 }));
  const { id: _id, version, ...sellerBody } = seller;
  const again = await api.ask('PUT', '/v1/registry/sellers/seller-mill', { as: OLGA, body: sellerBody });
  expect(again).toMatchObject({ status: 200, body: { version } });
  expect((await get('sellers/seller-mill')).body).toEqual(seller);

  const { body: distributor } = await get('distributors/distributor-swift');
  expect(distributor.terms.countries).toContain('DE');
  const { id: _other, version: itsVersion, ...distributorBody } = distributor;
  const path = '/v1/registry/distributors/distributor-swift';
  expect(await api.ask('PUT', path, { as: OLGA, body: distributorBody })).toMatchObject({
    status: 200,
    body: { version: itsVersion },
  });
});

test('a suspended party, and one whose registration holds a fault, can be read', async () => {
  const body = { name: 'Far', status: 'suspended', terms: { ...(await swiftTerms()), maxWeightGrams: 1 } };
  await api.ask('PUT', '/v1/registry/distributors/distributor-far', { as: OLGA, body });
  const { status, body: read } = await get('distributors/distributor-far');
  expect(status).toBe(200);
  expect(read).toMatchObject({ status: 'suspended', terms: { maxWeightGrams: 1 } });
});

test.each([
  [
    'transit hours, holidays and a cut-off hour',
    { transitHours: { home: 0, abroad: 10_000 }, holidays: { country: 'DE', region: 'BY' }, cutOffHour: 14 },
  ],
  ['holidays of a country', { holidays: { country: 'JP' } }],
  ['holidays of a region in full', { holidays: { country: 'US', region: 'US-CA' } }],
  ['holidays of a part of a region', { holidays: { country: 'DE', region: 'BY-A' } }],
])('terms with %s are kept as they are said', async (_what, more) => {
  const terms = { ...(await swiftTerms()), ...more };
  await putTerms(terms, 'distributor-more');
  expect((await get('distributors/distributor-more')).body.terms).toEqual(terms);
});

test.each([
  ['transitHours', { home: -1, abroad: 1 }, '/terms/transitHours/home'],
  ['transitHours', { home: 24 }, '/terms/transitHours/abroad'],
  ['transitHours', { home: 1.5, abroad: 1 }, '/terms/transitHours/home'],
  ['holidays', { country: 'UK' }, '/terms/holidays/country'],
  ['holidays', { country: 'ZZ' }, '/terms/holidays/country'],
  ['holidays', { country: 'DE', region: 'XX' }, '/terms/holidays'],
  ['holidays', { country: 'DE', region: 'AT-1' }, '/terms/holidays'],
  ['holidays', { country: 'DE', region: 'BY-XX' }, '/terms/holidays'],
  ['holidays', { country: 'DE', region: 'constructor' }, '/terms/holidays'],
  ['holidays', { region: 'BY' }, '/terms/holidays/country'],
  ['cutOffHour', 25, '/terms/cutOffHour'],
  ['cutOffHour', -1, '/terms/cutOffHour'],
  ['window', { fromHour: 8, toHour: 8 }, '/terms/window'],
  ['weekdays', [], '/terms/weekdays'],
  ['weekdays', [0], '/terms/weekdays/0'],
  ['timeZone', 'Europe/Atlantis', '/terms/timeZone'],
  ['timeZone', '+05:30', '/terms/timeZone'],
  ['countries', ['UK'], '/terms/countries/0'],
  ['opensAt', '08:00', '/terms/opensAt'],
])('terms with %s %j are refused at their place', async (name, value, pointer) => {
  const body = { name: 'Odd', terms: { ...(await swiftTerms()), [name]: value } };
  const answer = await api.ask('PUT', '/v1/registry/distributors/distributor-odd', { as: OLGA, body });
  expectProblem(answer, 'invalid-request');
  expect(answer.body.errors).toMatchObject([{ pointer }]);
});

test.each(['sellers', 'distributors'])('%s are listed by id, page after page, each once', async (kind) => {
  const all: string[] = [];
  let cursor = '';
  do {
    const { status, body } = await get(`${kind}?limit=1${cursor && `&cursor=${cursor}`}`);
    expect(status).toBe(200);
    all.push(...body.data.map(({ id }: { id: string }) => id));
    cursor = body.nextCursor ?? '';
  } while (cursor !== '');
  expect(all.length).toBeGreaterThan(1);
  expect(all).toEqual([...new Set(all)].toSorted());
  expect((await get(kind)).body).toMatchObject({ nextCursor: null, data: all.map((id) => ({ id })) });
});

test('a party that is not registered, a foreign cursor and anybody but the operator are refused', async () => {
  expectProblem(await get('sellers/seller-nobody'), 'not-found');
  expectProblem(await get('distributors/seller-mill'), 'not-found');
  expectProblem(await get('sellers/NO%20ID'), 'not-found');
  for (const cursor of ['x', Buffer.from('registry|A b').toString('base64url')])
    expectProblem(await get(`sellers?cursor=${cursor}`), 'invalid-request');
  expectProblem(await get('sellers?limit=101'), 'invalid-request');
  for (const as of ['buyer-ada', 'seller-mill', 'distributor-swift'])
    expectProblem(await get('sellers/seller-mill', as), 'forbidden');
});

test('who changes a registration tells the orders that wait for that party, and no others', async () => {
  const terms = await swiftTerms();
  const [stuck = ''] = await ordersStuck(['stuck'], terms);
  await putTerms(terms, 'distributor-other');
  await api.ask('PUT', '/v1/registry/sellers/seller-forge', { as: OLGA, body: { name: 'The Forge' } });
  await putTerms(terms);
  const history = () => api.client.workflow.getHandle(stuck).fetchHistory();
  const signals = async () =>
    ((await history()).events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
      signal?.signalName ? [signal.signalName] : [],
    );
  await until(signals, (names) => names.includes('registryChanged'));
  expect(await signals()).toEqual(['registryChanged']);
  // Its own next try would have come much later.
  await orderWhen(api, stuck, ({ stage, attention }) => stage === 'scheduled' && attention === null);
});

test('orders that cannot be signalled while Temporal is away are signalled later, and keep no other from it', async () => {
  const terms = await swiftTerms();
  const stuck = await ordersStuck(['away-1', 'away-2', 'away-3'], terms);
  lost = 4;
  await putTerms(terms);
  for (const id of stuck)
    await orderWhen(api, id, ({ stage, attention }) => stage === 'scheduled' && attention === null);
  expect(lost).toBe(0);
});

/** Orders that were accepted before the distributor's terms left out their country, and wait for a date. */
async function ordersStuck(keys: readonly string[], terms: object): Promise<string[]> {
  const ids: string[] = [];
  for (const key of keys) {
    const { body } = await api.ask('POST', '/v1/orders', { body: orderFor({ payment: 'manual' }), key });
    await orderWhen(api, body.id, ({ stage }) => stage === 'accepted');
    ids.push(body.id);
  }
  await putTerms({ ...terms, countries: ['FR'] });
  for (const id of ids) {
    expect((await api.ask('POST', `/v1/orders/${id}/payment-indication`, { body: {} })).status).toBe(200);
    await orderWhen(api, id, ({ attention }) => attention?.step === 'scheduleDispatch');
  }
  return ids;
}

function losingSignals(gateway: OrderGateway): OrderGateway {
  return {
    ...gateway,
    signal: async (...given) => {
      if (lost === 0) return gateway.signal(...given);
      lost -= 1;
      throw new Error('Temporal cannot be reached');
    },
  };
}

async function swiftTerms() {
  return (await get('distributors/distributor-swift')).body.terms;
}

async function putTerms(terms: object, id = 'distributor-swift'): Promise<void> {
  const body = { name: 'Swift Distribution', terms };
  const answer = await api.ask('PUT', `/v1/registry/distributors/${id}`, { as: OLGA, body });
  expect(answer.status).toBe(200);
}
