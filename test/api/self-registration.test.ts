import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { orderFor, orderWhen } from '../support/service.ts';
import type { RunningWorker } from '../support/worker.ts';
import { expectProblem, testApi, workerFor, type Answer, type TestApi } from './support.ts';

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

const SELF = '/v1/registry/self';
const MILL = '/v1/registry/sellers/seller-mill';
const euros = (amount: number) => ({ amount, currency: 'EUR' });
const olga = (method: string, path: string, body?: unknown) => api.ask(method, path, { as: 'operator-olga', body });
const own = (as = 'seller-mill'): Promise<Answer> => api.ask('GET', SELF, { as });
const patch = (body: unknown, as = 'seller-mill') => api.ask('PATCH', SELF, { as, body });
const sold = async (sku: string) => {
  const { body } = await api.ask('GET', '/v1/sellers/seller-mill/commodities');
  return body.data.find((commodity: { sku: string }) => commodity.sku === sku);
};

/** The mill's registration as each test finds it. */
let before: Answer['body'];
beforeEach(async () => {
  before = (await own()).body;
});

describe('a seller', () => {
  test('reads of itself what the operator reads of it', async () => {
    expect(before).toEqual((await olga('GET', MILL)).body);
    expect(before).toMatchObject({ id: 'seller-mill', status: 'active', currency: 'EUR', nextCursor: null });
  });

  test('changes one price; everything else stays, and the next order is charged by it', async () => {
    const changed = await patch({ commodities: [{ sku: 'rye-1kg', price: euros(230) }] });
    expect(changed.status).toBe(200);
    expect(changed.body).toEqual({
      ...before,
      version: before.version + 1,
      commodities: before.commodities.map((offer: { sku: string }) =>
        offer.sku === 'rye-1kg' ? { ...offer, price: euros(230) } : offer,
      ),
    });
    const { body: order } = await api.ask('POST', '/v1/orders', { body: orderFor(), key: 'dearer' });
    expect(order.charge).toEqual(euros(690));
  });

  test('offers something new, takes it away, and offers it again as it was', async () => {
    const soap = { sku: 'Seife / 100 g', name: 'Seife', price: euros(300), weightGrams: 100 };
    expect((await patch({ commodities: [soap] })).status).toBe(200);
    expect(await sold(soap.sku)).toEqual({ sku: soap.sku, name: 'Seife', price: euros(300) });
    await patch({ commodities: [{ sku: soap.sku, active: false }] });
    expect(await sold(soap.sku)).toBeUndefined();
    const { body } = await patch({ commodities: [{ sku: soap.sku, active: true }] });
    expect(body.commodities).toContainEqual({ ...soap, handlingHours: 24 });
    expectProblem(await patch({ commodities: [{ ...soap, sku: 'new', name: undefined }] }), 'invalid-request');
    expectProblem(
      await patch({ commodities: [{ ...soap, price: { amount: 1, currency: 'USD' } }] }),
      'account-conflict',
    );
  });

  test('changes its agent, and of a repeated change nothing is left to change', async () => {
    const changed = await patch({ agent: 'manual' });
    expect(changed.body).toEqual({ ...before, agent: 'manual', version: before.version + 1 });
    expect((await patch({ agent: 'manual', commodities: [{ sku: 'rye-1kg' }] })).body).toEqual(changed.body);
    await patch({ agent: 'auto' });
  });

  test.each([
    ['its status', { status: 'active' }],
    ['its fee', { feeBasisPoints: 0 }],
    ['its name', { name: 'Mill & Sons' }],
    ['its currency', { currency: 'USD' }],
    ['when it is paid', { settleOn: 'notice' }],
    ['who demands its payment', { paymentDemand: 'own' }],
    ['another’s registration', { id: 'seller-forge' }],
    ['terms of a distributor', { terms: {} }],
    ['two thousand offers at once', { commodities: Array.from({ length: 1_001 }, (_, n) => ({ sku: `s${n}` })) }],
  ])('does not change %s', async (_what, body) => {
    expectProblem(await patch(body), 'invalid-request');
    expect((await own()).body).toEqual(before);
  });

  test('loses no change to another one that came at the same moment', async () => {
    const skus = Array.from({ length: 12 }, (_, number) => `at-once-${number}`);
    const answers = await Promise.all(
      skus.map((sku) => patch({ commodities: [{ sku, name: sku, price: euros(100), weightGrams: 1 }] })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const { body: after } = await own();
    expect(after.version).toBe(before.version + skus.length);
    expect(after.commodities.map(({ sku }: { sku: string }) => sku)).toEqual(expect.arrayContaining(skus));
    const twice = [
      { sku: skus[0], price: euros(1) },
      { sku: skus[0], name: 'Twice' },
    ];
    await patch({ commodities: twice });
    expect(await sold('at-once-0')).toEqual({ sku: 'at-once-0', name: 'Twice', price: euros(1) });
  });

  test('of two changes that rest on one version the second is refused, also when the other one was the operator’s', async () => {
    const { version } = before;
    expect((await patch({ version, commodities: [{ sku: 'rye-1kg', price: euros(240) }] })).status).toBe(200);
    expectProblem(await patch({ version, agent: 'manual' }), 'version-conflict');
    expectProblem(await olga('PUT', MILL, { ...before, name: 'Former' }), 'version-conflict');
    expect((await own()).body).toMatchObject({ name: before.name, agent: 'auto', version: version + 1 });
    const unknown = { name: 'New', version: 1 };
    expectProblem(await olga('PUT', '/v1/registry/sellers/seller-unknown', unknown), 'version-conflict');
    expectProblem(await olga('GET', '/v1/registry/sellers/seller-unknown'), 'not-found');
  });

  test('that is suspended still reads and changes its own, and stays suspended', async () => {
    await olga('PUT', '/v1/registry/sellers/seller-forge', { name: 'The Forge', status: 'suspended' });
    const changed = await patch({ commodities: [{ sku: 'nails-1kg', price: euros(800) }] }, 'seller-forge');
    expect(changed).toMatchObject({ status: 200, body: { status: 'suspended' } });
    await olga('PUT', '/v1/registry/sellers/seller-forge', { name: 'The Forge', status: 'active' });
  });

  test('offers at most five thousand commodities at a time', async () => {
    const commodities = Array.from({ length: 5_000 }, (_, number) => ({
      sku: `s${number}`,
      name: 'x',
      price: euros(1),
      weightGrams: 1,
    }));
    await olga('PUT', '/v1/registry/sellers/seller-full', { name: 'Full', commodities });
    const as = await api.issuer.issue({ id: 'seller-full', role: 'seller' });
    const more = { ...commodities[0], sku: 'one more' };
    expectProblem(await patch({ commodities: [more] }, as), 'limit-reached');
    expect((await patch({ commodities: [more, { sku: 's0', active: false }] }, as)).status).toBe(200);
    const tooMany = { name: 'Full', commodities: [...commodities, more] };
    expectProblem(await olga('PUT', '/v1/registry/sellers/seller-full', tooMany), 'invalid-request');
  });
});

describe('a distributor', () => {
  test('changes its terms, and the orders that wait for them go on at once', async () => {
    const { terms } = (await own('distributor-swift')).body;
    const french = { terms: { ...terms, maxWeightGrams: 100 } };
    await olga('PUT', '/v1/registry/distributors/distributor-swift', { name: 'Swift Distribution', ...french });
    const { body: lifted } = await patch({ terms }, 'distributor-swift');
    expect(lifted).toMatchObject({ id: 'distributor-swift', terms, agent: 'auto' });
    expect((await patch({ terms }, 'distributor-swift')).body.version).toBe(lifted.version);
    const { body: order } = await api.ask('POST', '/v1/orders', { body: orderFor(), key: 'served' });
    await orderWhen(api, order.id, ({ stage }) => stage === 'scheduled');
    expectProblem(
      await patch({ terms: { ...terms, timeZone: 'Mars/Olympus' } }, 'distributor-swift'),
      'invalid-request',
    );
    expectProblem(await patch({ terms: { countries: ['FR'] } }, 'distributor-swift'), 'invalid-request');
    expectProblem(await patch({ commodities: [] }, 'distributor-swift'), 'invalid-request');
  });
});

test('who is not registered in that role has no registration of its own, and others may not ask', async () => {
  const as = await api.issuer.issue({ id: 'seller-mill', role: 'distributor' });
  expectProblem(await own(as), 'not-found');
  expectProblem(await patch({ agent: 'manual' }, as), 'not-found');
  for (const other of ['buyer-ada', 'operator-olga']) {
    expectProblem(await own(other), 'forbidden');
    expectProblem(await patch({ agent: 'manual' }, other), 'forbidden');
  }
});

describe('a registration as it was read', () => {
  const text = fc
    .string({
      minLength: 1,
      maxLength: 20,
      unit: fc.constantFrom('a', 'Z', '9', 'ü', 'ß', '/', '+', '%', '#', ' ', '水'),
    })
    .map((some) => `x${some}x`);
  const offer = fc.record(
    { sku: text, name: text, price: fc.integer({ min: 1 }).map(euros), weightGrams: fc.integer({ min: 1, max: 1e8 }) },
    { noNullPrototype: true },
  );
  const registration = fc.record(
    {
      name: text,
      status: fc.constantFrom('active', 'suspended'),
      agent: fc.constantFrom('auto', 'manual'),
      feeBasisPoints: fc.integer({ min: 0, max: 10_000 }),
      settleOn: fc.constantFrom('delivery', 'notice', 'buyer_chooses'),
      paymentDemand: fc.constantFrom('auto', 'own'),
      commodities: fc.uniqueArray(offer, { maxLength: 5, selector: ({ sku }) => sku.normalize('NFC') }),
    },
    { requiredKeys: ['name'], noNullPrototype: true },
  );

  test('may be put again, for another seller as for the same one, and changes nothing', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(registration, async (body) => {
        count += 1;
        const path = `/v1/registry/sellers/seller-round-${count}`;
        expect((await olga('PUT', path, body)).status).toBe(200);
        const { body: read } = await olga('GET', path);
        const { commodities: _offers, ...said } = body;
        expect(read).toMatchObject({
          status: 'active',
          agent: 'auto',
          settleOn: 'delivery',
          paymentDemand: 'auto',
          ...said,
        });
        expect((await olga('PUT', path, read)).status).toBe(200);
        expect((await olga('GET', path)).body).toEqual(read);
        const { id, version, ...other } = read;
        expect([typeof id, version]).toEqual(['string', 1]);
        await olga('PUT', `${path}-copy`, other);
        expect((await olga('GET', `${path}-copy`)).body).toEqual({ ...read, id: `${id}-copy` });
        expectProblem(await olga('PUT', `${path}-copy`, read), 'invalid-request');
      }),
      { numRuns: 15 },
    );
  });

  test('is the same for a distributor', async () => {
    const path = '/v1/registry/distributors/distributor-swift';
    const { body: read } = await olga('GET', path);
    expect((await olga('PUT', path, read)).body).toEqual(read);
    expect((await olga('GET', path)).body).toEqual(read);
  });
});

describe('every list of the registry has pages', () => {
  test.each(['/v1/sellers', '/v1/distributors', '/v1/sellers/seller-mill/commodities'])('%s', async (path) => {
    const { body: whole } = await api.ask('GET', path);
    const data: unknown[] = [];
    for (let cursor = ''; ;) {
      const { body } = await api.ask('GET', `${path}?limit=1${cursor}`);
      data.push(...body.data);
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(data).toEqual(whole.data);
    expect(whole.nextCursor).toBeNull();
    for (const wrong of ['limit=0', 'limit=1001', 'cursor=zzz', 'cursor=', 'sku=x'])
      expectProblem(await api.ask('GET', `${path}?${wrong}`), 'invalid-request');
  });
});
