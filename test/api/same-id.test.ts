import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ACCESS, type AccessRule } from '../../api/auth/access.ts';
import { endpoints } from '../../api/endpoints.ts';
import { createOpenStreams, MAX_STREAMS } from '../../api/events/open-streams.ts';
import type { Endpoint } from '../../api/http/endpoint.ts';
import { ROLES, type Role } from '../../domain/party.ts';
import { createLogger } from '../../platform/logger.ts';
import type { RunningWorker } from '../support/worker.ts';
import { DEMO_PARTY, expectProblem, flourOrder, testApi, workerFor, type TestApi } from './support.ts';
import { until } from '../support/until.ts';

/*
 * One id in two roles is two parties: whoever has the id in another role finds, changes and uses up nothing. All that is somebody's
 * here belongs to the demo parties; the namesakes have their ids in every other role, by token and by key.
 */
let api: TestApi;
let worker: RunningWorker;
let owned: Record<string, string>;
const credentials = new Map<string, string>();

/** Who has whose id in which role. An operator finds everything anyhow. */
const NAMESAKES = ROLES.flatMap((of) =>
  ROLES.filter((role) => role !== of && role !== 'operator').map((role): [Role, Role] => [role, of]),
);

beforeAll(async () => {
  api = await testApi();
  worker = await workerFor(api);
  const { body } = await api.ask('POST', '/v1/orders', { body: flourOrder(), key: 'owned' });
  await untilStage(body.id, 'scheduled');
  const hook = await api.ask('POST', '/v1/webhooks', { as: 'operator-olga', body: { url: 'https://example.com/' } });
  owned = { orderId: body.id, number: body.echeck.number, webhookId: hook.body.id, deliveryId: '1' };
  for (const [role, of] of NAMESAKES) {
    const id = DEMO_PARTY[of];
    credentials.set(`token ${role} ${id}`, await api.issuer.issue({ id, role }));
    const wanted = { partyId: id, role, name: 'namesake', scopes: ['read', 'write'] };
    const made = await api.ask('POST', '/v1/api-keys', { as: 'operator-olga', body: wanted });
    credentials.set(`key ${role} ${id}`, made.body.key);
  }
});
afterAll(async () => {
  await worker.stop();
  await api.close();
});

function untilStage(id: string | undefined, stage: string): Promise<unknown> {
  return until(
    () => api.ask('GET', `/v1/orders/${id}`),
    ({ body }) => body.stage === stage,
  );
}

const knock = ({ method, path }: Endpoint, as: string, ids: Record<string, string>) =>
  api.ask(
    method.toUpperCase(),
    path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? name),
    { as, key: 'a key' },
  );

const owning = endpoints
  .map((endpoint): [Endpoint, AccessRule] => [endpoint, ACCESS[endpoint.operationId]])
  .filter(([, { owns }]) => !['self', 'nothing'].includes(owns));
const table = owning.flatMap(([endpoint, rule]) =>
  NAMESAKES.filter(([role]) => rule.roles !== 'public' && rule.roles.includes(role)).map(
    ([role, of]): [string, Role, Role, Endpoint] => [endpoint.operationId, role, of, endpoint],
  ),
);

describe.each(['token', 'key'])('by a %s', (kind) => {
  const credential = (role: Role, of: Role): string => credentials.get(`${kind} ${role} ${DEMO_PARTY[of]}`) ?? 'none';

  test.each(table)("%s: a %s with the %s's id finds nothing", async (_name, role, of, endpoint) => {
    const answer = await knock(endpoint, credential(role, of), { ...owned, accountId: DEMO_PARTY[of] });
    expect([answer.status, answer.body?.type]).toEqual([404, expect.stringMatching(/not-found$/)]);
  });

  test.each(NAMESAKES)("a %s with the %s's id has no order, webhook, account or entry of it", async (role, of) => {
    const as = credential(role, of);
    expect((await api.ask('GET', '/v1/orders', { as })).body.data).toEqual([]);
    expect((await api.ask('GET', '/v1/webhooks', { as })).body.data).toEqual([]);
    for (const path of ['/v1/account', '/v1/account/entries'])
      expectProblem(await api.ask('GET', path, { as }), 'not-found');
  });
});

test('an operator with the id of a buyer has no account of its own, and finds that of the buyer by its address', async () => {
  const as = await api.issuer.issue({ id: 'buyer-ada', role: 'operator' });
  for (const path of ['/v1/account', '/v1/account/entries'])
    expectProblem(await api.ask('GET', path, { as }), 'not-found');
  expect((await api.ask('GET', '/v1/accounts/buyer-ada', { as })).body.id).toBe('buyer-ada');
});

test('the same Idempotency-Key of the same id in another role is another request', async () => {
  const { orderId } = owned;
  await api.ask('POST', `/v1/orders/${orderId}/distribution-events`, {
    as: 'distributor-swift',
    body: { eventId: 'd', kind: 'delivered', occurredAt: new Date().toISOString() },
  });
  await untilStage(orderId, 'completed');
  const body = { reason: 'broken bag', amount: { amount: 100, currency: 'EUR' } };
  const path = `/v1/orders/${orderId}/refund`;
  expect((await api.ask('POST', path, { as: 'seller-mill', body, key: 'refund-1' })).status).toBe(200);
  for (const id of ['operator-olga', 'seller-mill']) {
    const operator = await api.issuer.issue({ id, role: 'operator' });
    for (const _time of ['first', 'again'])
      expect((await api.ask('POST', path, { as: operator, body, key: 'refund-1' })).status).toBe(200);
  }
  expect((await api.ask('POST', path, { as: 'seller-mill', body, key: 'refund-1' })).status).toBe(200);
  const [row] = await api.database.orm.em
    .fork()
    .execute('select refunded_amount::int as refunded from orders where id = ?', [orderId]);
  expect(row).toEqual({ refunded: 300 });
});

test('the requests of one use up nothing of the other', async () => {
  const few = await testApi((deps) => ({ ...deps, rateLimit: 3 }));
  const [buyer, operator] = [
    await few.issuer.issue({ id: 'x', role: 'buyer' }),
    await few.issuer.issue({ id: 'x', role: 'operator' }),
  ];
  for (let count = 0; count < 3; count++) expect((await few.ask('GET', '/v1/orders', { as: buyer })).status).toBe(200);
  expectProblem(await few.ask('GET', '/v1/orders', { as: buyer }), 'too-many-requests');
  expect((await few.ask('GET', '/v1/orders', { as: operator })).status).toBe(200);
  await few.close();
});

test('the streams of one take no place of the other', () => {
  const streams = createOpenStreams({
    orm: api.deps.orm,
    logger: createLogger({ name: 'test', level: 'silent' }),
    checkMs: 60_000,
  });
  const enter = (role: Role) => streams.enter({ id: 'x', role }, () => undefined);
  const leave = Array.from({ length: MAX_STREAMS }, () => enter('buyer'));
  expect(() => enter('buyer')).toThrow('streams open');
  enter('seller')();
  leave[0]?.();
  enter('buyer');
  streams.close();
});
