import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FALSE_ADDRESSES } from '../support/false-addresses.ts';
import { REAL_ADDRESSES } from '../support/real-addresses.ts';
import { orderWhen } from '../support/service.ts';
import type { RunningWorker } from '../support/worker.ts';
import { expectProblem, flourOrder, testApi, workerFor, type TestApi } from './support.ts';

/** Ten of the forty go all the way: several scripts, and every kind of requirement. */
const TRAVELLERS = [
  'Germany, umlauts',
  'Great Britain, without the blank',
  'Ireland, no Eircode',
  'United States, ZIP+4',
  'Brazil, without it',
  'Emirates, no postal code',
  'Iran, a zero-width non-joiner',
  'Japan, full width',
  'Singapore, no city',
  'Thailand, the full name of Bangkok',
  'A note on several lines',
].map((name) => [name, REAL_ADDRESSES[name]] as const);

const LINES = [{ sku: 'flour-25kg', quantity: 2 }];
const WORLD = 'distributor-world';

let api: TestApi;
let worker: RunningWorker;
let world: string;
beforeAll(async () => {
  api = await testApi();
  worker = await workerFor(api);
  world = await api.issuer.issue({ id: WORLD, role: 'distributor' });
  const countries = [...new Set(Object.values(REAL_ADDRESSES).map(({ country }) => country))];
  const made = await register(countries);
  if (made.status !== 200) throw new Error(`no distributor for the world: ${JSON.stringify(made.body)}`);
});
afterAll(async () => {
  await worker.stop();
  await api.close();
});

function register(countries: readonly string[]) {
  const window = { fromHour: 0, toHour: 24 };
  const terms = { countries, timeZone: 'UTC', weekdays: [1, 2, 3, 4, 5, 6, 7], window, maxWeightGrams: 1_000_000 };
  const body = { name: 'World Distribution', terms };
  return api.ask('PUT', `/v1/registry/distributors/${WORLD}`, { as: 'operator-olga', body });
}

function place(key: string, deliverTo: unknown, change: Record<string, unknown> = {}) {
  return api.ask('POST', '/v1/orders', { key, body: flourOrder({ distributorId: WORLD, deliverTo, ...change }) });
}

const read = (id: string, as: string) => api.ask('GET', `/v1/orders/${id}`, { as });

describe('an address reaches buyer, seller and distributor as it was sent', () => {
  test.each(TRAVELLERS)('%s', async (name, deliverTo) => {
    const placed = await place(name, deliverTo);
    expect(placed).toMatchObject({ status: 201, body: { deliverTo } });
    const { id } = placed.body;
    await orderWhen(api, id, ({ stage }) => stage === 'scheduled');
    for (const party of ['buyer-ada', 'seller-mill', world]) {
      const { body } = await read(id, party);
      expect(body.deliverTo).toEqual(deliverTo);
    }
  });
});

describe('what is no address is refused before anything is begun', () => {
  test.each(Object.entries(FALSE_ADDRESSES))('%s', async (name, [deliverTo, part, detail]) => {
    const refused = await place(`false: ${name}`.slice(0, 60), deliverTo);
    expectProblem(refused, 'invalid-request');
    expect(refused.body.errors).toEqual([{ pointer: `/deliverTo/${part}`, detail: expect.stringContaining(detail) }]);
  });

  test('everything that is missing is said at once', async () => {
    const refused = await place('bare', { name: 'Pat', street: '350 5th Ave', country: 'US' });
    expectProblem(refused, 'invalid-request');
    expect(refused.body.errors).toEqual([
      { pointer: '/deliverTo/city', detail: 'is required in US' },
      { pointer: '/deliverTo/region', detail: 'is required in US' },
      { pointer: '/deliverTo/postalCode', detail: 'is required in US' },
    ]);
  });

  test('what is wrong and what is missing, each once', async () => {
    const refused = await place('worse', { name: ' ', street: 'A\u202E', postalCode: '\u200B', country: 'US' });
    expect(refused.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/deliverTo/name',
      '/deliverTo/street',
      '/deliverTo/postalCode',
      '/deliverTo/city',
      '/deliverTo/region',
    ]);
  });
});

describe('both spellings of an accent are one text', () => {
  const composed = { name: 'Jörg Müßig', street: 'Große Bleichen 3', city: 'Köln', postalCode: '50667', country: 'DE' };
  const decomposed = { ...composed, name: 'Jo\u0308rg Mu\u0308ßig', city: 'Ko\u0308ln' };

  test('the same key with the other spelling is the same order, as it was first sent', async () => {
    const first = await place('spelled', decomposed);
    const again = await place('spelled', composed);
    expect(again).toMatchObject({ status: 201, body: { id: first.body.id, deliverTo: decomposed } });
    expect(again.body.deliverTo.city).toBe('Ko\u0308ln');
    expectProblem(await place('spelled', { ...composed, city: 'Koln' }), 'idempotency-key-reused');
  });

  test.each([
    ['composed', composed, decomposed],
    ['decomposed', decomposed, composed],
  ])('a check for the %s address is presented with the other', async (which, ordered, presented) => {
    const { body } = await place(`presented ${which}`, ordered, { presentation: 'manual' });
    const present = (deliverTo: unknown) =>
      api.ask('POST', `/v1/orders/${body.id}/presentation`, {
        body: { echeck: body.echeck.jws, lines: LINES, deliverTo },
      });
    const altered = await present({ ...presented, company: 'Müßig & Co.' });
    expectProblem(altered, 'echeck-invalid');
    expect(altered.body.reason).toBe('altered');
    const accepted = await present(presented);
    expect(accepted.status).toBe(200);
    expect(accepted.body.deliverTo).toEqual(ordered);
  });
});

test('the longest address that is taken travels sealed through the presentation as well', async () => {
  const long = (length: number) => '𠮷'.repeat(length);
  const deliverTo = {
    name: long(300),
    company: long(300),
    street: long(300),
    street2: long(300),
    city: long(300),
    region: long(300),
    postalCode: '1'.repeat(30),
    country: 'AE',
    phone: '1'.repeat(50),
    note: long(1000),
  };
  const { status, body } = await place('longest', deliverTo, { presentation: 'manual' });
  expect(status).toBe(201);
  const presentation = { echeck: body.echeck.jws, lines: LINES, deliverTo };
  const presented = await api.ask('POST', `/v1/orders/${body.id}/presentation`, { body: presentation });
  expect(presented).toMatchObject({ status: 200, body: { deliverTo } });
});

test.each(['UK', 'ZZ', 'de', ''])('a distributor cannot serve %j, which is no country', async (code) => {
  const refused = await register(['DE', code]);
  expectProblem(refused, 'invalid-request');
  expect(refused.body.errors).toEqual([
    { pointer: '/terms/countries/1', detail: expect.stringContaining('ISO 3166-1') },
  ]);
});
