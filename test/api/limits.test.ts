import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MAX_API_KEYS } from '../../office/registry/index.ts';
import { MAX_WEBHOOKS } from '../../office/webhooks/index.ts';
import { expectProblem, testApi, type Answer, type TestApi } from './support.ts';

/* Limits that count before they add: forty at once never get one more in than one after the other would. */

const AT_ONCE = 40;
let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

const olga = (method: string, path: string, body?: unknown, key?: string) =>
  api.ask(method, path, { as: 'operator-olga', body, ...(key !== undefined && { key }) });

async function atOnce(attempt: (index: number) => Promise<Answer>, count = AT_ONCE): Promise<Answer[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => attempt(index)));
}

function expectIn(answers: readonly Answer[], most: number, refused: Parameters<typeof expectProblem>[1]): void {
  expect(answers.filter(({ status }) => status < 300)).toHaveLength(most);
  for (const answer of answers.filter(({ status }) => status >= 300)) expectProblem(answer, refused);
}

test('webhooks of a party', async () => {
  const make = () => api.ask('POST', '/v1/webhooks', { body: { url: 'https://example.com/' } });
  expectIn(await atOnce(make), MAX_WEBHOOKS, 'limit-reached');
});

test('API keys of a party in one role; a revoked or expired one leaves its place', async () => {
  const make = (change: object = {}) =>
    olga('POST', '/v1/api-keys', { partyId: 'buyer-bob', role: 'buyer', name: 'till', ...change });
  for (let index = 0; index < MAX_API_KEYS - 5; index++) expect((await make()).status).toBe(201);
  const answers = await atOnce(() => make());
  expectIn(answers, 5, 'limit-reached');
  // Another role, or another party, has places of its own.
  expect((await make({ role: 'seller' })).status).toBe(201);
  expect((await make({ partyId: 'buyer-ada' })).status).toBe(201);

  const last = answers.find(({ status }) => status === 201);
  await olga('DELETE', `/v1/api-keys/${last?.body.id}`);
  expect((await make({ expiresAt: '2020-01-01T00:00:00Z' })).status).toBe(201);
  expectIn(await atOnce(() => make()), 1, 'limit-reached');
});

test('payouts: never more than is there', async () => {
  await olga('POST', '/v1/accounts', { id: 'buyer-rich', currency: 'EUR' });
  await olga('POST', '/v1/accounts/buyer-rich/deposits', { amount: { amount: 1_000, currency: 'EUR' } }, 'in');
  const body = { amount: { amount: 100, currency: 'EUR' }, reference: 'rent' };
  const pay = (index: number) => olga('POST', '/v1/accounts/buyer-rich/payouts', body, `out-${index}`);
  expectIn(await atOnce(pay), 10, 'insufficient-funds');
  const { body: account } = await olga('GET', '/v1/accounts/buyer-rich');
  expect(account.balance.amount).toBe(0);
});

test('one key, one movement, however many bring it at once', async () => {
  await olga('POST', '/v1/accounts', { id: 'buyer-once', currency: 'EUR' });
  const deposit = () =>
    olga('POST', '/v1/accounts/buyer-once/deposits', { amount: { amount: 70, currency: 'EUR' } }, 'once');
  expectIn(await atOnce(deposit), AT_ONCE, 'idempotency-key-reused');
  const { body: account } = await olga('GET', '/v1/accounts/buyer-once');
  expect(account.balance.amount).toBe(70);
});

test('one account, one registration, one identity, however many make it at once', async () => {
  const opened = await atOnce(() => olga('POST', '/v1/accounts', { id: 'buyer-many', currency: 'EUR' }));
  expectIn(opened, AT_ONCE, 'account-conflict');
  const kinds = await atOnce((index) =>
    olga('POST', '/v1/accounts', { id: 'party-either', kind: index % 2 === 0 ? 'buyer' : 'seller' }),
  );
  expectIn(kinds, AT_ONCE / 2, 'account-conflict');
  const put = { issuer: 'https://id.example', subject: 'many', partyId: 'buyer-many', role: 'buyer' };
  const identities = await atOnce(() => olga('PUT', '/v1/identities', put));
  expect(identities.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(new Set(identities.map(({ body }) => body.id)).size).toBe(1);
});
