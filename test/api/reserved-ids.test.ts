import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { RESERVED_PARTY_IDS } from '../../domain/party.ts';
import { expectProblem, testApi, type Answer, type TestApi } from './support.ts';

/* Who is on record without being a party can be nobody's id: not by registration, account, key, identity or token. */

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

const olga = (method: string, path: string, body: unknown) => api.ask(method, path, { as: 'operator-olga', body });
const TERMS = {
  countries: ['DE'],
  timeZone: 'Europe/Berlin',
  weekdays: [1],
  window: { fromHour: 8, toHour: 18 },
  maxWeightGrams: 1,
};

const WAYS: [string, (id: string) => Promise<Answer>, string][] = [
  ['registered as a seller', (id) => olga('PUT', `/v1/registry/sellers/${id}`, { name: 'x' }), ''],
  [
    'registered as a distributor',
    (id) => olga('PUT', `/v1/registry/distributors/${id}`, { name: 'x', terms: TERMS }),
    '',
  ],
  ['given a buyer’s account', (id) => olga('POST', '/v1/accounts', { id }), '/id'],
  ['given a seller’s account', (id) => olga('POST', '/v1/accounts', { id, kind: 'seller' }), '/id'],
  ['given a key', (id) => olga('POST', '/v1/api-keys', { partyId: id, role: 'operator', name: 'x' }), '/partyId'],
  [
    'given an identity',
    (id) => olga('PUT', '/v1/identities', { issuer: 'https://id.example', subject: id, partyId: id, role: 'buyer' }),
    '/partyId',
  ],
];

describe.each(WAYS)('nobody is %s', (_what, attempt, pointer) => {
  test.each(RESERVED_PARTY_IDS)('as %s', async (id) => {
    const answer = await attempt(id);
    expectProblem(answer, 'invalid-request');
    expect(answer.body.errors).toEqual([{ pointer, detail: `must not be ${id}: that id is reserved` }]);
  });

  test('while an id that only resembles one is taken', async () => {
    for (const id of ['service-2', 'the-office', 'office-supplies', 'buyer-1', 'temporal.example'])
      expect(await attempt(id)).not.toMatchObject({ status: 422, body: { errors: expect.anything() } });
  });
});

test.each(RESERVED_PARTY_IDS)('a token of %s is good for nobody', async (id) => {
  for (const role of ['buyer', 'seller', 'distributor', 'operator'] as const) {
    const token = await api.issuer.issue({ id, role });
    expectProblem(await api.ask('GET', '/v1/orders', { as: token }), 'unauthorized');
  }
});

describe('who has had such an id since a former version', () => {
  const asBefore = async (statement: string): Promise<void> => {
    const owner = new Client({ connectionString: api.database.url });
    await owner.connect();
    await owner.query(`begin; set local session_replication_role = replica; ${statement}; commit`);
    await owner.end();
  };

  test('cannot speak by its key: records would not say who acted', async () => {
    const body = { partyId: 'buyer-ada', role: 'buyer', name: 'x' };
    const { key, id } = (await olga('POST', '/v1/api-keys', body)).body;
    expect((await api.ask('GET', '/v1/orders', { as: key })).status).toBe(200);
    await asBefore(`update api_keys set party_id = 'service' where id = '${id}'`);
    expectProblem(await api.ask('GET', '/v1/orders', { as: key }), 'unauthorized');
  });

  test('is still changed and suspended as ever', async () => {
    const account = `insert into accounts (id, kind, currency) values ('temporal', 'seller', 'EUR')`;
    await asBefore(`${account}; insert into sellers (id, name) values ('temporal', 'The Clock')`);
    await asBefore(
      `insert into distributors (id, name, terms) values ('office', 'The Van', '${JSON.stringify(TERMS)}')`,
    );
    const suspended = { name: 'Gone', status: 'suspended' };
    expect((await olga('PUT', '/v1/registry/sellers/temporal', suspended)).status).toBe(200);
    expect((await olga('PUT', '/v1/registry/distributors/office', suspended)).status).toBe(200);
    const listed = (await api.ask('GET', '/v1/sellers')).body.data.map(({ id }: { id: string }) => id);
    expect(listed).not.toContain('temporal');
    await asBefore(
      `delete from sellers where id = 'temporal'; delete from accounts where id = 'temporal'; delete from distributors where id = 'office'`,
    );
  });
});

describe('the database refuses them, too', () => {
  const IDS = [...RESERVED_PARTY_IDS, 'office:world:EUR', 'distributor-swift:dispatch'];
  test.each<[string, (id: string) => string]>([
    [
      'accounts',
      (id) => `insert into accounts (id, kind, currency) values ('${id}', 'buyer', 'EUR') on conflict do nothing`,
    ],
    ['sellers', (id) => `insert into sellers (id, name) values ('${id}', 'x')`],
    ['distributors', (id) => `insert into distributors (id, name, terms) values ('${id}', 'x', '{}')`],
    [
      'api_keys',
      (id) =>
        `insert into api_keys (id, party_id, role, scopes, name, hash, created_by) values ('k', '${id}', 'buyer', '[]', 'x', 'h', 'x')`,
    ],
    [
      'webhooks',
      (id) => `insert into webhooks (id, party_id, role, url, secret_sealed) values ('w', '${id}', 'buyer', 'u', 's')`,
    ],
    [
      'identities',
      (id) =>
        `insert into identities (issuer, subject, party_id, role, created_by, changed_by) values ('i', 's', '${id}', 'buyer', 'x', 'x')`,
    ],
    ['identities by a change', (id) => `update identities set party_id = '${id}'`],
  ])('in %s', async (_table, statement) => {
    await olga('PUT', '/v1/identities', {
      issuer: 'https://id.example',
      subject: 'there-is-one',
      partyId: 'buyer-ada',
      role: 'buyer',
    });
    const owner = new Client({ connectionString: api.database.url });
    await owner.connect();
    for (const id of IDS) await expect(owner.query(statement(id))).rejects.toThrow(`the id ${id} is reserved`);
    await owner.end();
  });
});
