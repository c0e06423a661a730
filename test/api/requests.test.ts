import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ACCESS } from '../../api/auth/access.ts';
import { endpoints } from '../../api/endpoints.ts';
import { openApiDocument } from '../../api/http/openapi.ts';
import { DEMO_PARTY, expectProblem, testApi, flourOrder, type TestApi } from './support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
});
afterAll(() => api.close());

describe('a request that cannot be read is refused with what was wrong', () => {
  test.each([
    ['broken JSON', '{"sellerId": ', {}, 'malformed-request'],
    ['wrong UTF-8', Uint8Array.from([0x7b, 0xff, 0xfe, 0x7d]), {}, 'malformed-request'],
    ['deep nesting', '['.repeat(5000), {}, 'malformed-request'],
    ['too many bytes', JSON.stringify({ note: 'x'.repeat(1_100_000) }), {}, 'payload-too-large'],
    ['another content type', 'a=b', { 'content-type': 'text/plain' }, 'unsupported-media-type'],
    ['another charset', '{}', { 'content-type': 'application/json; charset=utf-16' }, 'unsupported-media-type'],
    ['an unknown encoding', '{}', { 'content-encoding': 'zip' }, 'unsupported-media-type'],
    ['no JSON object', '7', {}, 'invalid-request'],
    ['an empty body', undefined, {}, 'invalid-request'],
  ] as const)('%s', async (_what, body, headers, slug) => {
    expectProblem(await api.ask('POST', '/v1/orders', { key: 'k', body, headers }), slug);
  });

  test.each([
    ['an unknown key', { priority: 'high' }, '/priority'],
    ['an unknown nested key', { lines: [{ sku: 'a', quantity: 1, price: 3 }] }, '/lines/0/price'],
    ['a fraction', { lines: [{ sku: 'a', quantity: 1.5 }] }, '/lines/0/quantity'],
    ['nothing ordered', { lines: [] }, '/lines'],
    ['no address', { deliverTo: undefined }, '/deliverTo'],
    [
      'a control character',
      { deliverTo: { ...(flourOrder().deliverTo as object), name: 'A\u0000' } },
      '/deliverTo/name',
    ],
    ['a lone surrogate', { deliverTo: { ...(flourOrder().deliverTo as object), name: 'A\ud800' } }, '/deliverTo/name'],
    ['an amount beyond bounds', { expectedCharge: { amount: 2 ** 53, currency: 'EUR' } }, '/expectedCharge/amount'],
  ])('%s is named by its pointer', async (_what, change, pointer) => {
    const answer = await api.ask('POST', '/v1/orders', { key: 'k', body: flourOrder(change) });
    expectProblem(answer, 'invalid-request');
    expect(answer.body.errors).toContainEqual(expect.objectContaining({ pointer }));
  });

  test.each([
    ['sellerId', undefined, '/sellerId', 'is required'],
    ['sellerId', 7, '/sellerId', 'must be text'],
    ['sellerId', 'A b', '/sellerId', 'must be 1 to 64 of a-z 0-9 . _ -'],
    ['lines', [], '/lines', 'must have at least 1 item'],
    ['lines', [{ sku: 'a', quantity: 1.5 }], '/lines/0/quantity', 'must be a whole number'],
    ['lines', [{ sku: 'a', quantity: 0 }], '/lines/0/quantity', 'must be at least 1'],
    ['lines', 'two', '/lines', 'must be a list'],
    ['settleOn', 'never', '/settleOn', 'must be one of delivery, notice'],
    ['terminalId', 'x'.repeat(101), '/terminalId', 'must have at most 100 characters'],
    ['priority', 'high', '/priority', 'is no field of this request'],
  ])('%s as %j is explained in plain words', async (field, value, pointer, detail) => {
    const answer = await api.ask('POST', '/v1/orders', { key: 'k', body: flourOrder({ [field]: value }) });
    expect(answer.body.errors).toContainEqual({ pointer, detail });
    expect(answer.body.detail).toContain(`${pointer}: ${detail}`);
  });

  test.each([
    ['/v1/orders?createdAfter=yesterday', '/createdAfter', 'must be a time such as 2026-11-24T09:30:00Z'],
    ['/v1/orders?createdAfter=0001-01-01T00:00:00Z', '/createdAfter', 'must lie in the years 1970 to 9999'],
    [
      '/v1/accounts/buyer-ada/statement?from=yesterday',
      '/from',
      'must be a time such as 2026-11-24T09:30:00Z, or a day such as 2026-11-24',
    ],
    [
      '/v1/accounts/buyer-ada/statement?from=9000-01-01',
      '/from',
      'must not be later than `to`, which is now unless given',
    ],
  ])('a time in %s is explained in plain words, once', async (path, pointer, detail) => {
    const answer = await api.ask('GET', path);
    expectProblem(answer, 'invalid-request');
    expect(answer.body.errors).toEqual([{ pointer, detail }]);
  });

  test('a __proto__ key is an unknown key', async () => {
    const body = `{"__proto__": {"x": 1}, ${JSON.stringify(flourOrder()).slice(1)}`;
    expectProblem(await api.ask('POST', '/v1/orders', { key: 'k', body }), 'invalid-request');
  });
});

interface Parameter {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
}

const { paths } = openApiDocument(endpoints);
/** Every parameter of a path or query, as the document names it, with who may give it. */
const parameters = endpoints.flatMap(({ operationId, method, path }) => {
  const { roles } = ACCESS[operationId];
  const given = (paths?.[path]?.[method]?.parameters ?? []) as Parameter[];
  const as = roles === 'public' ? 'buyer' : roles[0];
  return given
    .filter((parameter) => parameter.in !== 'header')
    .map((parameter) => ({ operationId, method: method.toUpperCase(), path, as, parameter }));
});

test.each(parameters)(
  '$operationId says in words what $parameter.name must be',
  async ({ method, path, as, parameter }) => {
    const NONE = '%25%00';
    const filled = path.replaceAll(/\{\w+\}/g, NONE);
    const query = parameter.in === 'query' ? `?${parameter.name}=${NONE}` : '';
    const { body } = await api.ask(method, `${filled}${query}`, { as: DEMO_PARTY[as], key: 'k' });
    for (const { detail } of body.errors ?? []) expect(detail).not.toMatch(/pattern|invalid|\^|\\/i);
  },
);

describe('the Idempotency-Key', () => {
  test.each([[undefined], ['   '], ['x'.repeat(256)]])('is required: %p', async (key) => {
    expectProblem(await api.ask('POST', '/v1/orders', { key, body: flourOrder() }), 'idempotency-key-required');
  });
});

describe('who speaks', () => {
  test.each([
    ['nobody', null],
    ['no JWT', 'garbage'],
    ['an unsigned token', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJvcGVyYXRvci1vbGdhIiwicm9sZSI6Im9wZXJhdG9yIn0.'],
  ])('%s: 401 with a challenge', async (_who, as) => {
    const answer = await api.ask('GET', '/v1/orders', { as });
    expectProblem(answer, 'unauthorized');
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="countersign"/);
  });

  test('an expired token is not valid any more', async () => {
    const token = await api.issuer.issue({ id: 'buyer-ada', role: 'buyer' }, '-2 minutes');
    expectProblem(await api.ask('GET', '/v1/orders', { as: token }), 'unauthorized');
  });

  test('the wrong role: 403', async () => {
    expectProblem(await api.ask('POST', '/v1/orders', { as: 'seller-mill', key: 'k', body: {} }), 'forbidden');
    expectProblem(await api.ask('GET', '/v1/orders?attention=true', { as: 'buyer-ada' }), 'forbidden');
  });
});

describe('addresses', () => {
  test('an unknown one: 404', async () => {
    expectProblem(await api.ask('GET', '/v2/orders'), 'not-found');
    expectProblem(await api.ask('GET', '/v1/orders/order-1'), 'not-found');
    expectProblem(await api.ask('GET', `/v1/orders/order-${'a'.repeat(26)}`), 'not-found');
  });

  test('a known one with another method: 405 with Allow', async () => {
    const answer = await api.ask('DELETE', '/v1/orders');
    expectProblem(answer, 'method-not-allowed');
    expect(answer.headers.get('allow')).toBe('POST, GET, HEAD, OPTIONS');
  });

  test('broken percent-encoding: 400', async () => {
    expectProblem(await api.ask('GET', '/v1/orders/%ff'), 'malformed-request');
  });

  test.each([
    ['limit=0'],
    ['limit=101'],
    ['limit=x'],
    ['limit=1e1'],
    ['limit=0x10'],
    ['limit=%2010'],
    ['limit=2.0'],
    ['stage=lost'],
    ['cursor=abc'],
    ['page=2'],
    ['limit=1&limit=2'],
  ])('a wrong query: 422 (%s)', async (query) =>
    expectProblem(await api.ask('GET', `/v1/orders?${query}`), 'invalid-request'),
  );
});

test("every answer carries the request id: the caller's when it is plain, else a new one", async () => {
  const given = await api.ask('GET', '/health/live', { headers: { 'x-request-id': 'trace-7' } });
  expect(given.headers.get('x-request-id')).toBe('trace-7');
  const made = await api.ask('GET', '/v2', { headers: { 'x-request-id': 'no spaces, please' } });
  expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(made.body.instance).toBe(`urn:request:${made.headers.get('x-request-id')}`);
});

test('a party beyond its rate gets 429 with the standard headers; others go on', async () => {
  const limited = await testApi((deps) => ({ ...deps, rateLimit: 2 }));
  try {
    await limited.ask('GET', '/v1/sellers');
    expect((await limited.ask('GET', '/v1/sellers')).headers.get('ratelimit')).toContain('r=0');
    const refused = await limited.ask('GET', '/v1/sellers');
    expectProblem(refused, 'too-many-requests');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await limited.ask('GET', '/v1/sellers', { as: 'buyer-bob' })).status).toBe(200);
  } finally {
    await limited.close();
  }
});

test('an address that guesses at credentials is slowed down; a trusted proxy says whose address it is', async () => {
  const guarded = await testApi((deps) => ({ ...deps, rateLimit: 2, trustedProxies: 1 }));
  try {
    const from = (address: string, as: string) =>
      guarded.ask('GET', '/v1/sellers', { as, headers: { 'x-forwarded-for': address } });
    for (const guess of ['guess-1', 'guess-2']) expectProblem(await from('203.0.113.1', guess), 'unauthorized');
    expectProblem(await from('203.0.113.1', 'guess-3'), 'too-many-requests');
    expect((await from('203.0.113.2', 'buyer-ada')).status).toBe(200);
    // What the guesser itself says about its address comes before the proxy's word, and does not count.
    expectProblem(await from('203.0.113.9, 203.0.113.1', 'guess-4'), 'too-many-requests');
  } finally {
    await guarded.close();
  }
});

test('without a trusted proxy nobody chooses its own address', async () => {
  const guarded = await testApi((deps) => ({ ...deps, rateLimit: 1 }));
  try {
    const from = (address: string) =>
      guarded.ask('GET', '/v1/sellers', { as: 'guess', headers: { 'x-forwarded-for': address } });
    expectProblem(await from('203.0.113.1'), 'unauthorized');
    expectProblem(await from('203.0.113.2'), 'too-many-requests');
  } finally {
    await guarded.close();
  }
});

describe('times of requests', () => {
  const key = (expiresAt: string) => ({ partyId: 'seller-mill', role: 'seller', name: 'till', expiresAt });
  const make = (expiresAt: string) => api.ask('POST', '/v1/api-keys', { as: 'operator-olga', body: key(expiresAt) });

  test.each([
    ['2030-01-01T00:00:00+18:40', '2029-12-31T05:20:00.000Z'],
    ['2030-01-01T00:00:00.5-03:00', '2030-01-01T03:00:00.500Z'],
  ])('%s is taken as %s', async (given, taken) => {
    expect(await make(given)).toMatchObject({ status: 201, body: { expiresAt: taken } });
  });

  test.each([
    '0000-01-01T00:00:00Z',
    '0013-01-05T00:13:16Z',
    '1970-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '2030-01-01',
    'tomorrow',
    '2030-13-01T00:00:00Z',
  ])('%s is no time that the service could keep: 422', async (given) => {
    const answer = await make(given);
    expectProblem(answer, 'invalid-request');
    expect(answer.body.errors[0].pointer).toBe('/expiresAt');
  });
});
