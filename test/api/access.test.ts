import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ACCESS, type AccessRule } from '../../api/auth/access.ts';
import { ROLES, type Role } from '../../domain/party.ts';
import { endpoints } from '../../api/endpoints.ts';
import type { Endpoint } from '../../api/http/endpoint.ts';
import { orderWhen } from '../support/service.ts';
import type { RunningWorker } from '../support/worker.ts';
import { DEMO_PARTY, expectProblem, flourOrder, testApi, workerFor, type TestApi } from './support.ts';

let api: TestApi;
let worker: RunningWorker;
let owned: Record<string, string>;
const foreign = new Map<Role, string>();

beforeAll(async () => {
  api = await testApi();
  worker = await workerFor(api);
  const { body } = await api.ask('POST', '/v1/orders', { body: flourOrder(), key: 'owned' });
  await orderWhen(api, body.id, ({ stage }) => stage === 'scheduled');
  const wanted = { partyId: 'buyer-ada', role: 'buyer', name: 'till' };
  const key = await api.ask('POST', '/v1/api-keys', { as: 'operator-olga', body: wanted });
  const known = { issuer: 'https://issuer.example', subject: 'till-7', partyId: 'buyer-ada', role: 'buyer' };
  const identity = await api.ask('PUT', '/v1/identities', { as: 'operator-olga', body: known });
  owned = {
    orderId: body.id,
    number: body.echeck.number,
    accountId: 'buyer-ada',
    sellerId: 'seller-mill',
    distributorId: 'distributor-swift',
    slug: 'forbidden',
    deliveryId: '1',
    keyId: key.body.id,
    identityId: identity.body.id,
  };
  for (const role of ROLES) foreign.set(role, await api.issuer.issue({ id: `${role}-nobody`, role }));
});
afterAll(async () => {
  await worker.stop();
  await api.close();
});

/** A request without a body goes through every gate; then most are refused for it, and the rest come too late. */
const knock = ({ method, path }: Endpoint, as: string | null, ids: Record<string, string> = {}) =>
  api.ask(
    method.toUpperCase(),
    path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? owned[name] ?? name),
    { as },
  );

/** A webhook is its party's alone, and may be deleted by the knock: each one gets its own. */
async function webhookOf(rule: AccessRule, role: Role): Promise<Record<string, string>> {
  if (rule.owns !== 'webhook') return {};
  const made = await api.ask('POST', '/v1/webhooks', { as: DEMO_PARTY[role], body: { url: 'https://example.com/' } });
  return { webhookId: made.body.id };
}

const table = endpoints.map((endpoint): [string, Endpoint, AccessRule] => [
  endpoint.operationId,
  endpoint,
  ACCESS[endpoint.operationId],
]);

test('every endpoint stands in the table once, and every row of the table is an endpoint', () => {
  expect(endpoints.map(({ operationId }) => operationId).toSorted()).toEqual(Object.keys(ACCESS).toSorted());
});

describe('nobody', () => {
  test.each(table)('%s', async (_name, endpoint, rule) => {
    const answer = await knock(endpoint, null);
    if (rule.roles === 'public') expect([200, 404]).toContain(answer.status);
    else expectProblem(answer, 'unauthorized');
  });
});

const secured = table.filter(([, , rule]) => rule.roles !== 'public');
const withRoles = secured.flatMap(([name, endpoint, rule]) =>
  ROLES.map((role): [string, Role, Endpoint, AccessRule] => [name, role, endpoint, rule]),
);
const mayCall = (rule: AccessRule, role: Role) => rule.roles !== 'public' && rule.roles.includes(role);

describe('a role that the table does not name is refused', () => {
  test.each(withRoles.filter(([, role, , rule]) => !mayCall(rule, role)))(
    '%s by a %s',
    async (_name, role, endpoint) => {
      expectProblem(await knock(endpoint, DEMO_PARTY[role]), 'forbidden');
    },
  );
});

describe('a role that the table names gets in', () => {
  test.each(withRoles.filter(([, role, , rule]) => mayCall(rule, role)))(
    '%s by the %s',
    async (name, role, endpoint, rule) => {
      const answer = await knock(endpoint, DEMO_PARTY[role], await webhookOf(rule, role));
      expect([401, 403, 500, 503]).not.toContain(answer.status);
      const hasNone = ['getOwnAccount', 'listOwnEntries'].includes(name) && !['buyer', 'seller'].includes(role);
      const isOthers = rule.owns === 'account' && !['buyer', 'operator'].includes(role);
      const noneYet = name === 'resendWebhookDelivery';
      if (!hasNone && !isOthers && !noneYet) expect(answer.status).not.toBe(404);
    },
  );
});

describe('another party of that role finds nothing', () => {
  const owning = withRoles.filter(
    ([, role, , rule]) => mayCall(rule, role) && role !== 'operator' && !['self', 'nothing'].includes(rule.owns),
  );
  test.each(owning)('%s by another %s', async (_name, role, endpoint, rule) => {
    const ids = await webhookOf(rule, role);
    expectProblem(await knock(endpoint, foreign.get(role) ?? '', ids), 'not-found');
  });
  test('and no order in its list', async () => {
    for (const role of ['buyer', 'seller', 'distributor'] as const) {
      const { body } = await api.ask('GET', '/v1/orders', { as: foreign.get(role) });
      expect(body.data).toEqual([]);
    }
  });
});
