import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectProblem, testApi, type Answer, type TestApi } from './support.ts';

/* Where a party's own server is registered, by whom, and which addresses are. */

/** The one private address that the strict office calls. */
const NAMED = 'http://10.9.8.7:4001';

let api: TestApi;
let strict: TestApi;
beforeAll(async () => {
  [api, strict] = await Promise.all([
    testApi(),
    testApi((deps) => ({ ...deps, privateSiteAllowed: (url) => url.startsWith(NAMED) })),
  ]);
});
afterAll(() => Promise.all([api.close(), strict.close()]));

const olga = (method: string, path: string, body?: unknown, at = api): Promise<Answer> =>
  at.ask(method, `/v1/registry/${path}`, { as: 'operator-olga', body });
const HOME = { url: 'http://127.0.0.1:4000/office' };

const PARTIES = [
  ['sellers/seller-mill', 'seller-mill'],
  ['distributors/distributor-swift', 'distributor-swift'],
] as const;

describe.each(PARTIES)('%s', (path, self) => {
  const own = (body: unknown): Promise<Answer> => api.ask('PATCH', '/v1/registry/self', { as: self, body });
  const wanted = { name: self, status: 'active' };

  test('needs an address for the agent site', async () => {
    const put = await olga('PUT', path, { ...wanted, agent: 'site' });
    expectProblem(put, 'invalid-request');
    expect(put.body.errors).toEqual([{ pointer: '/site', detail: 'is required for the agent site' }]);
    const patched = await own({ agent: 'site' });
    expectProblem(patched, 'invalid-request');
    expect(patched.body.errors[0].pointer).toBe('/site');
    expect((await olga('GET', path)).body).toMatchObject({ agent: 'auto' });
  });

  test('has a server of its own from then on, and keeps its address when it acts otherwise', async () => {
    const put = await olga('PUT', path, { ...wanted, agent: 'site', site: HOME });
    expect(put).toMatchObject({ status: 200, body: { agent: 'site', site: HOME } });
    const read = (await olga('GET', path)).body;
    expect(read).toMatchObject({ agent: 'site', site: HOME });
    const { version } = put.body;
    const again = await olga('PUT', path, { ...wanted, agent: 'site', site: HOME });
    expect(again.body.version).toBe(version);
    const back = await olga('PUT', path, { ...wanted, agent: 'manual' });
    expect(back.body).toMatchObject({ agent: 'manual', site: HOME, version: version + 1 });
    const asBefore = await olga('PUT', path, { ...wanted, agent: 'site' });
    expect(asBefore.body).toMatchObject({ agent: 'site', site: HOME });
  });

  test('moves by its own word', async () => {
    const site = { url: 'http://127.0.0.1:4001' };
    expect(await own({ agent: 'site', site })).toMatchObject({ status: 200, body: { agent: 'site', site } });
    expect(await own({ agent: 'auto' })).toMatchObject({ status: 200, body: { agent: 'auto', site } });
    const list = (await olga('GET', `${path.split('/')[0]}?limit=100`)).body.data;
    expect(list.find(({ id }: { id: string }) => id === self)).toMatchObject({ site });
  });
});

test('nobody but the operator and the party itself reads where its server is', async () => {
  await olga('PUT', 'sellers/seller-mill', { name: 'seller-mill', site: HOME });
  const { body } = await api.ask('GET', '/v1/sellers');
  expect(body.data).toContainEqual({ id: 'seller-mill', name: 'seller-mill' });
  expectProblem(await api.ask('GET', '/v1/registry/sellers/seller-mill'), 'forbidden');
});

describe('an address', () => {
  test.each([
    ['', 'must be an absolute URL'],
    ['/messages', 'must be an absolute URL'],
    ['ftp://office.example', 'must be an https URL'],
    ['http://office.example', 'must be an https URL'],
    ['https://office:secret@office.example', 'must not hold credentials'],
    ['https://localhost', 'must not be a private or loopback address'],
    ['https://127.0.0.1', 'must not be a private or loopback address'],
    ['https://10.1.2.3', 'must not be a private or loopback address'],
    ['https://169.254.169.254', 'must not be a private or loopback address'],
    ['https://[::1]', 'must not be a private or loopback address'],
    ['https://[::ffff:10.0.0.1]', 'must not be a private or loopback address'],
    ['https://office.example?to=here', 'must have neither query nor fragment: paths are added to it'],
    ['https://office.example#here', 'must have neither query nor fragment: paths are added to it'],
    ['https://office.example/?', 'must have neither query nor fragment: paths are added to it'],
    ['https://office.example#', 'must have neither query nor fragment: paths are added to it'],
    ['https://localhost.', 'must not be a private or loopback address'],
    ['https://[::127.0.0.1]', 'must not be a private or loopback address'],
    ...[
      'https:office.example',
      'https:/office.example',
      'https:\\\\office.example',
      ' https://office.example',
      'https://office.example/a b',
      'https://office.example/\u202e',
    ].map((url) => [url, 'must be written as it is: a scheme with ://, no blanks or backslashes'] as const),
    ['https://office.example/\u0007', 'must not hold control characters'],
    [`https://office.example/${'x'.repeat(500)}`, 'must have at most 500 characters'],
  ])('%s is none that the office calls', async (url, detail) => {
    const site = { url };
    for (const [method, path, as] of [
      ['PUT', 'sellers/seller-mill', 'operator-olga'],
      ['PUT', 'distributors/distributor-swift', 'operator-olga'],
      ['PATCH', 'self', 'seller-mill'],
    ] as const) {
      const body = method === 'PUT' ? { name: 'x', agent: 'site', site } : { site };
      const answer = await strict.ask(method, `/v1/registry/${path}`, { as, body });
      expectProblem(answer, 'invalid-request');
      expect(answer.body.errors).toEqual([{ pointer: '/site/url', detail }]);
    }
  });

  test('that is private is allowed where the office names it', async () => {
    const body = { site: { url: `${NAMED}/office` } };
    expect((await strict.ask('PATCH', '/v1/registry/self', { as: 'seller-mill', body })).status).toBe(200);
  });

  test('that is private says how it would be allowed on a machine of one own', async () => {
    const answer = await strict.ask('PATCH', '/v1/registry/self', { as: 'seller-mill', body: { site: HOME } });
    expect(answer.body.detail).toContain('SITE_PRIVATE_TARGETS');
  });

  test.each(['https://OFFICE.example:8443', 'https://münchen.example/a%20b', 'https://[2606:4700::1111]'])(
    '%s is one',
    async (url) => {
      const body = { site: { url } };
      const answer = await strict.ask('PATCH', '/v1/registry/self', { as: 'seller-mill', body });
      expect(answer).toMatchObject({ status: 200, body });
    },
  );

  test('may have a path, and a party is asked for nothing else', async () => {
    const site = { url: 'https://office.example/countersign/' };
    expect(await olga('PUT', 'sellers/seller-mill', { name: 'x', agent: 'site', site }, strict)).toMatchObject({
      status: 200,
      body: { site },
    });
    const more = await olga('PUT', 'sellers/seller-mill', { name: 'x', site: { ...site, key: 'k' } }, strict);
    expectProblem(more, 'invalid-request');
  });
});

test('a buyer has no server that is called', async () => {
  const body = { id: 'buyer-sited', agent: 'site' };
  expectProblem(await api.ask('POST', '/v1/accounts', { as: 'operator-olga', body }), 'invalid-request');
});
