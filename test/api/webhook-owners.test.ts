import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { MAX_WEBHOOKS } from '../../office/webhooks/webhooks.ts';
import { expectProblem, testApi, type Ask, type TestApi } from './support.ts';

let api: TestApi;
/** The same id in other roles. */
let namesakes: string[];

beforeAll(async () => {
  api = await testApi();
  const roles = ['buyer', 'seller', 'distributor'] as const;
  namesakes = await Promise.all(roles.map((role) => api.issuer.issue({ id: 'operator-olga', role })));
});
afterAll(() => api.close());
afterEach(async () => {
  await api.database.orm.em.fork().execute('delete from webhooks');
});

const url = 'https://example.com/';
const ask = (method: string, path: string, as: string, body?: unknown) =>
  api.ask(method, path, { as, ...(body !== undefined && { body }) } satisfies Ask);
const make = (as: string) => ask('POST', '/v1/webhooks', as, { url });

test("a webhook is its party's in its role: the same id in another role finds nothing", async () => {
  const { id, secret } = (await make('operator-olga')).body;
  const refused = [
    ['GET', ''],
    ['POST', '/secret-rotation'],
    ['POST', '/enable'],
    ['GET', '/deliveries'],
    ['POST', '/deliveries/1/resend'],
    ['DELETE', ''],
  ] as const;
  for (const namesake of namesakes) {
    for (const [method, path] of refused) {
      expectProblem(await ask(method, `/v1/webhooks/${id}${path}`, namesake), 'not-found');
    }
    expect((await ask('GET', '/v1/webhooks', namesake)).body.data).toEqual([]);
  }
  const kept = (await ask('GET', `/v1/webhooks/${id}`, 'operator-olga')).body;
  expect(kept).toMatchObject({ id, role: 'operator', status: 'active', disabled: null, failing: null, pending: 0 });
  expect(kept).not.toHaveProperty('secret');
  expect(secret).toMatch(/^whsec_/);
});

test('what cannot be the id of a webhook finds none, and NUL is no part of an address', async () => {
  for (const id of ['%00', 'a%00b', '%F0%9F%98%80', `webhook-${'Z'.repeat(26)}`])
    expectProblem(await ask('GET', `/v1/webhooks/${id}/deliveries`, 'operator-olga'), 'not-found');
  const refused = await ask('POST', '/v1/webhooks', 'operator-olga', { url: `${url}\u0000` });
  expectProblem(refused, 'invalid-request');
  expect(refused.body.errors).toEqual([{ pointer: '/url', detail: 'must not hold control characters' }]);
});

test('each role of an id has its own twenty, also when thirty are asked for at once', async () => {
  const [namesake] = namesakes;
  for (const as of ['operator-olga', namesake!]) {
    const answers = await Promise.all(Array.from({ length: 30 }, () => make(as)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(MAX_WEBHOOKS);
    for (const refused of answers.filter(({ status }) => status !== 201)) expectProblem(refused, 'limit-reached');
  }
  const own = (await ask('GET', '/v1/webhooks?limit=100', namesake!)).body.data;
  expect(own).toHaveLength(MAX_WEBHOOKS);
});

test("an operator reads everybody's webhooks page by page, however many there are", async () => {
  await api.database.orm.em.fork().execute(
    `insert into webhooks (id, party_id, role, url, secret_sealed, created_at)
     select 'webhook-' || lpad(n::text, 26, '0'), 'party-' || n, 'buyer', ?, 'sealed', now() + n / 7 * interval '1 microsecond'
     from generate_series(1, 1050) n`,
    [url],
  );
  const seen: string[] = [];
  let cursor = '';
  do {
    const { body } = await ask('GET', `/v1/webhooks?limit=100${cursor && `&cursor=${cursor}`}`, 'operator-olga');
    seen.push(...body.data.map(({ id }: { id: string }) => id));
    cursor = body.nextCursor ?? '';
  } while (cursor);
  expect(seen).toHaveLength(1050);
  expect(new Set(seen).size).toBe(1050);
});

test.each([
  'nonsense',
  Buffer.from('1|order-x').toString('base64url'),
  Buffer.from(`${'9'.repeat(17)}|webhook-${'a'.repeat(26)}`).toString('base64url'),
])('a cursor of another list is refused: %s', async (cursor) => {
  expectProblem(await ask('GET', `/v1/webhooks?cursor=${cursor}`, 'operator-olga'), 'invalid-request');
});
