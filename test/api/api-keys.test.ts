import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { expectProblem, testApi, type TestApi } from './support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

const make = async (change: Record<string, unknown> = {}) => {
  const body = { partyId: 'buyer-ada', role: 'buyer', name: 'till 7', ...change };
  return (await api.ask('POST', '/v1/api-keys', { as: 'operator-olga', body })).body;
};
const revoke = (id: string) => api.ask('DELETE', `/v1/api-keys/${id}`, { as: 'operator-olga' });

test("a machine's key speaks for its party, within its scopes", async () => {
  const { key } = await make();
  expect((await api.ask('GET', '/v1/account', { as: key })).body.id).toBe('buyer-ada');
  expectProblem(await api.ask('POST', '/v1/orders', { as: key, key: 'k', body: {} }), 'forbidden');
  expectProblem(await api.ask('GET', '/v1/accounts/buyer-bob', { as: key }), 'not-found');
  const both = await make({ scopes: ['read', 'write'] });
  expectProblem(await api.ask('POST', '/v1/orders', { as: both.key, key: 'k', body: {} }), 'invalid-request');
  expectProblem(await api.ask('GET', '/v1/api-keys', { as: both.key }), 'forbidden');
});

test('a revoked key, an expired one and one that was never made are out at once', async () => {
  const { id, key } = await make();
  const revoked = await revoke(id);
  expect(revoked.body).toMatchObject({ id, revokedAt: expect.any(String) });
  expect((await revoke(id)).body).toEqual(revoked.body);
  expectProblem(await api.ask('GET', '/v1/account', { as: key }), 'unauthorized');
  const old = await make({ expiresAt: '2020-01-01T00:00:00Z' });
  expectProblem(await api.ask('GET', '/v1/account', { as: old.key }), 'unauthorized');
  expectProblem(await api.ask('GET', '/v1/account', { as: 'csk_guess' }), 'unauthorized');
  expectProblem(await revoke(`key-${'0'.repeat(26)}`), 'not-found');
});

test('keys are kept as hashes and listed without them', async () => {
  const { key, ...made } = await make();
  const listed = await api.ask('GET', '/v1/api-keys', { as: 'operator-olga' });
  expect(listed.body.data[0]).toEqual(made);
  const rows = await api.database.orm.em.fork().execute('select * from api_keys');
  expect(JSON.stringify(rows)).not.toContain(key);
});
