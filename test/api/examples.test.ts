import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ACCESS, type AccessRule } from '../../api/auth/access.ts';
import type { Role } from '../../domain/party.ts';
import type { Endpoint } from '../../api/http/endpoint.ts';
import { openApiDocument } from '../../api/http/openapi.ts';
import { endpoints } from '../../api/endpoints.ts';
import { orderWhen } from '../support/service.ts';
import type { RunningWorker } from '../support/worker.ts';
import { DEMO_PARTY, flourOrder, testApi, workerFor, type TestApi } from './support.ts';

let api: TestApi;
let worker: RunningWorker;
let ids: Record<string, string>;

beforeAll(async () => {
  api = await testApi();
  worker = await workerFor(api);
  const { body } = await api.ask('POST', '/v1/orders', { body: flourOrder(), key: 'example' });
  await orderWhen(api, body.id, ({ stage }) => stage === 'scheduled');
  ids = {
    orderId: body.id,
    number: body.echeck.number,
    accountId: 'buyer-bob',
    sellerId: 'seller-mill',
    distributorId: 'distributor-swift',
  };
});
afterAll(async () => {
  await worker.stop();
  await api.close();
});

const schemas = openApiDocument(endpoints).components?.schemas ?? {};
const bodies = endpoints
  .filter(({ body }) => body)
  .map((endpoint): [string, Endpoint, unknown] => {
    const id = endpoint.body?.meta()?.id ?? '';
    const schema = schemas[id];
    return [
      endpoint.operationId,
      endpoint,
      typeof schema === 'object' && 'example' in schema ? schema.example : undefined,
    ];
  });

describe('every body of the description has an example, and the service takes it', () => {
  test.each(bodies)('%s', async (_name, { operationId, method, path }, example) => {
    expect(example).toBeDefined();
    const rule: AccessRule = ACCESS[operationId];
    const as = rule.roles === 'public' ? null : actorOf(rule, rule.roles);
    const at = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? name);
    const body = reportedNow(example);
    const answer = await api.ask(method.toUpperCase(), at, { as, key: `example-${operationId}`, body });
    // A good body may still come too early or too late for this order, ask for more than there is, or show a check that is none.
    if (answer.status >= 400) expect(answer.body.type).toMatch(NOT_NOW);
    else expect([200, 201, 202]).toContain(answer.status);
  });
});

const NOT_NOW = /illegal-transition|refund-exceeds-settled|insufficient-funds|account-not-open|echeck-invalid/;

/** Who may do it to what `ids` names: the operator to an account, everybody to the rest. */
function actorOf({ owns }: AccessRule, roles: readonly Role[]): string {
  return DEMO_PARTY[owns === 'account' ? 'operator' : (roles[0] ?? 'operator')];
}

/** What is reported lies between the order and now; an example stands still. */
function reportedNow(example: unknown): unknown {
  const isReport = typeof example === 'object' && example !== null && 'occurredAt' in example;
  return isReport ? { ...example, occurredAt: new Date().toISOString() } : example;
}

test('the example of an order is a good one', async () => {
  const [, , example] = bodies.find(([name]) => name === 'createOrder') ?? [];
  expect((await api.ask('POST', '/v1/orders', { body: example, key: 'good' })).status).toBe(201);
});
