import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createApp } from '../../api/app.ts';
import { createIdentities } from '../../api/auth/identities.ts';
import { remoteIssuer } from '../../api/auth/issuers.ts';
import { tokenVerifier } from '../../api/auth/tokens.ts';
import { createEventFeed, type EventFeed } from '../../api/events/event-feed.ts';
import { serve, type RunningApi } from '../../api/serve.ts';
import { parseSettings } from '../../platform/settings.ts';
import { startJwksServer, type JwksServer } from '../support/jwks-server.ts';
import { readEvents, type EventReader } from './event-reader.ts';
import { expectProblem, testApi, type Answer, type TestApi } from './support.ts';
import { until } from '../support/until.ts';

let api: TestApi;
let issuer: JwksServer;
let service: RunningApi;
let feed: EventFeed;
let subject: string;
let subjects = 0;

beforeAll(async () => {
  [api, issuer] = [await testApi(), await startJwksServer()];
  const tokenIssuers = parseSettings({ TOKEN_ISSUER: issuer.url }).tokenIssuers;
  const identities = createIdentities(api.deps.orm);
  const outside = tokenIssuers.map((one) => remoteIssuer(one, identities.find));
  feed = createEventFeed({ ...api.deps, times: { credentialCheckMs: 50 } });
  const verify = tokenVerifier(api.issuer, ...outside);
  const deps = { ...api.deps, identities, tokenIssuers: [issuer.url], verify, events: feed };
  service = await serve(createApp(deps), { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  feed.close();
  await service.close();
  await issuer.close();
  await api.close();
});
beforeEach(() => {
  subject = `auth0|${String((subjects += 1)).padStart(24, '0')}`;
});

const token = (claims: Record<string, unknown> = {}) =>
  issuer.sign({
    iss: issuer.url,
    aud: 'countersign',
    sub: subject,
    exp: Math.floor(Date.now() / 1000) + 600,
    ...claims,
  });
const as = (who: string, path = '/v1/account') => api.ask('GET', path, { as: who, at: service.url });
const operate = (method: string, path: string, body?: object): Promise<Answer> =>
  api.ask(method, path, { as: 'operator-olga', at: service.url, body });
const identity = (change: object = {}) => ({
  issuer: issuer.url,
  subject,
  partyId: 'buyer-ada',
  role: 'buyer',
  ...change,
});
const put = (change: object = {}) => operate('PUT', '/v1/identities', identity(change));
const remove = (id: string) => operate('DELETE', `/v1/identities/${id}`);
const list = (query: string) => operate('GET', `/v1/identities?${query}`);
const changesOf = (id: string) =>
  api.deps.orm.em
    .fork()
    .execute('select * from identity_changes where identity_id = ? order by id', [id.replace('identity-', '')]);

describe('an identity', () => {
  test('says who a subject is, from the moment that it is put until it is deleted', async () => {
    const bearer = await token();
    expectProblem(await as(bearer), 'unauthorized');
    const made = await put();
    expect(made).toMatchObject({
      status: 201,
      body: { ...identity(), issuerTrusted: true, createdBy: 'operator-olga', changedBy: 'operator-olga' },
    });
    expect((await as(bearer)).body.id).toBe('buyer-ada');

    const changed = await put({ partyId: 'seller-mill', role: 'seller' });
    expect(changed).toMatchObject({ status: 200, body: { id: made.body.id, partyId: 'seller-mill' } });
    expect((await as(bearer)).body.id).toBe('seller-mill');

    expect((await remove(made.body.id)).status).toBe(204);
    expectProblem(await as(bearer), 'unauthorized');
    expectProblem(await remove(made.body.id), 'not-found');
  });

  test('comes before the claims, which count again once it is deleted', async () => {
    const bearer = await token({ sub: 'buyer-bob', role: 'buyer' });
    expect((await as(bearer)).body.id).toBe('buyer-bob');
    const { body } = await put({ subject: 'buyer-bob' });
    expect((await as(bearer)).body.id).toBe('buyer-ada');
    await remove(body.id);
    expect((await as(bearer)).body.id).toBe('buyer-bob');
  });

  test('decides for a token with several of our roles, or none', async () => {
    await put();
    for (const role of [['buyer', 'operator'], 'nothing', undefined])
      expect((await as(await token({ role }))).body.id).toBe('buyer-ada');
  });

  test('gives the rights of its role and no others', async () => {
    const bearer = await token({ role: 'operator' });
    await put();
    expectProblem(await as(bearer, '/v1/identities'), 'forbidden');
    await put({ partyId: 'operator-olga', role: 'operator' });
    expect((await as(bearer, '/v1/identities')).status).toBe(200);
  });

  test('is of one issuer: the same subject of another one is somebody else', async () => {
    await put({ issuer: `${issuer.url}/` });
    expectProblem(await as(await token()), 'unauthorized');
    expect((await list(`subject=${encodeURIComponent(subject)}`)).body.data).toMatchObject([{ issuerTrusted: false }]);
  });

  test.each([
    ['an Auth0 user', 'auth0|5f7c8ec7c33c6c004bbafe82'],
    ['an Auth0 machine', 'fC3tYZ0lUx9G1uN7f2zT@clients'],
    ['a social login', 'google-oauth2|110169484474386276334'],
    ['an e-mail address', 'Ada+shop@example.com'],
    ['a UUID', '6e74172b-be56-4843-9ff4-e66a39bb12e3'],
    ['an Entra subject', 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ'],
    ['a number', '110169484474386276334'],
    ['an address', 'https://login.example/users/7?tenant=a b'],
    ['a SPIFFE id', 'spiffe://shop.example/ns/till/sa/seven'],
    ['a name with a comma', 'CN=Ada Lovelace,OU=Ordering,O=Mill'],
    ['letters of the world', 'größe-名前-имя'],
    ['255 characters', 'x'.repeat(255)],
  ])('%s is a subject, as it comes', async (_kind, sub) => {
    const made = await put({ subject: sub });
    expect(made).toMatchObject({ status: 201, body: { subject: sub } });
    expect((await as(await token({ sub }))).body.id).toBe('buyer-ada');
    expect((await list(`subject=${encodeURIComponent(sub)}`)).body.data).toMatchObject([{ id: made.body.id }]);
  });

  test('knows its subject in either form of the same letters, and case counts', async () => {
    const composed = 'jos\u00e9@example.com';
    await put({ subject: composed.normalize('NFD') });
    expect((await put({ subject: composed })).status).toBe(200);
    for (const sub of [composed, composed.normalize('NFD')])
      expect((await as(await token({ sub }))).body.id).toBe('buyer-ada');
    expectProblem(await as(await token({ sub: composed.toUpperCase() })), 'unauthorized');
  });

  test.each([
    ['/subject', { subject: '' }],
    ['/subject', { subject: 'x'.repeat(256) }],
    ['/subject', { subject: 'a\u0000b' }],
    ['/subject', { subject: undefined }],
    ['/issuer', { issuer: '' }],
    ['/issuer', { issuer: undefined }],
    ['/partyId', { partyId: 'Buyer Ada' }],
    ['/partyId', { partyId: undefined }],
    ['/role', { role: 'admin' }],
    ['/scope', { scope: 'all' }],
  ])('with a wrong %s is refused', async (pointer, change) => {
    const refused = await put(change);
    expectProblem(refused, 'invalid-request');
    expect([...new Set(refused.body.errors.map((error: { pointer: string }) => error.pointer))]).toEqual([pointer]);
  });
});

test('every change is on record with who made it, without the subject itself; repetitions change nothing', async () => {
  const made = await put();
  await put();
  const again = await put();
  expect(again.body).toEqual(made.body);
  await put({ partyId: 'buyer-bob' });
  await remove(made.body.id);
  const changes = await changesOf(made.body.id);
  expect(changes).toMatchObject([
    { change: 'made', party_id: 'buyer-ada', role: 'buyer', actor: 'operator-olga', issuer: issuer.url },
    { change: 'changed', party_id: 'buyer-bob', actor: 'operator-olga' },
    { change: 'deleted', party_id: 'buyer-bob', actor: 'operator-olga' },
  ]);
  expect(JSON.stringify(changes)).not.toContain(subject);
  const { orm } = api.deps;
  for (const forbidden of [
    'update identity_changes set actor = 1',
    'delete from identity_changes',
    'update identities set subject = 1',
  ])
    await expect(orm.em.fork().execute(forbidden)).rejects.toThrow('permission denied');
});

test('whoever forgets a party is told which identities still name its subjects', async () => {
  const { body } = await put({ partyId: 'buyer-leaving' });
  const env = { PATH: process.env['PATH'], DATABASE_URL: api.database.url };
  const forget = async (): Promise<string> =>
    (await promisify(execFile)(process.execPath, ['cli/countersign.mjs', 'forget', 'buyer-leaving'], { env })).stdout;
  const said = await forget();
  expect(said).toContain(body.id);
  expect(said).not.toContain(subject);
  await remove(body.id);
  expect(await forget()).not.toContain('identity-');
});

test('those who put and delete the same one at once leave one, or none, and every change on record', async () => {
  const answers = await Promise.all([
    ...['buyer-ada', 'buyer-bob', 'buyer-ada', 'buyer-bob'].map((partyId) => put({ partyId })),
    ...[1, 2].map(async () => {
      const { body } = await list(`subject=${encodeURIComponent(subject)}`);
      return body.data[0] ? remove(body.data[0].id) : put();
    }),
  ]);
  expect(answers.map(({ status }) => status).filter((status) => ![200, 201, 204, 404].includes(status))).toEqual([]);
  const { body } = await list(`subject=${encodeURIComponent(subject)}`);
  expect(body.data.length).toBeLessThanOrEqual(1);
  const made = answers.filter(({ status }) => status === 201).length;
  const deleted = answers.filter(({ status }) => status === 204).length;
  expect(made - deleted).toBe(body.data.length);
});

test('the list has pages, the newest first, and can be narrowed', async () => {
  const made = [];
  for (const index of [1, 2, 3, 4, 5])
    made.push((await put({ subject: `${subject}-${index}`, partyId: 'buyer-listed' })).body.id);
  const pages: string[][] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { body }: Answer = await list(`partyId=buyer-listed&limit=2${cursor && `&cursor=${cursor}`}`);
    pages.push(body.data.map(({ id }: { id: string }) => id));
    cursor = body.nextCursor;
  }
  expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
  expect(pages.flat()).toEqual(made.toReversed());
  expect((await list('partyId=buyer-listed&role=seller')).body.data).toEqual([]);
  expect((await list(`issuer=${encodeURIComponent(issuer.url)}&role=buyer&limit=1`)).body.data).toHaveLength(1);
  expectProblem(await list('cursor=nonsense'), 'invalid-request');
  expectProblem(await list('subject='), 'invalid-request');
});

describe('the database', () => {
  test('is asked once for many requests of a subject at once, and soon again', async () => {
    let asked = 0;
    const orm = new Proxy(api.deps.orm, {
      get(target, name, receiver) {
        if (name === 'em') asked += 1;
        return Reflect.get(target, name, receiver);
      },
    });
    const identities = createIdentities(orm);
    await Promise.all(Array.from({ length: 50 }, () => identities.find(issuer.url, subject)));
    expect(await identities.find(issuer.url, subject)).toBeUndefined();
    expect(asked).toBe(1);
    // As another process would.
    await put();
    const found = await until(() => identities.find(issuer.url, subject));
    expect(found).toMatchObject({ partyId: 'buyer-ada', role: 'buyer' });
    identities.forget(issuer.url, subject);
    await identities.find(issuer.url, subject);
    expect(asked).toBeGreaterThan(2);
  });

  test('need not be there for a subject that was known a while ago; for another one nobody can say', async () => {
    let away = false;
    const orm = new Proxy(api.deps.orm, {
      get(target, name, receiver) {
        if (name === 'em' && away) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
        return Reflect.get(target, name, receiver);
      },
    });
    const identities = createIdentities(orm);
    await put();
    await identities.find(issuer.url, subject);
    away = true;
    await sleep(2_100);
    expect(await identities.find(issuer.url, subject)).toMatchObject({ partyId: 'buyer-ada' });
    await expect(identities.find(issuer.url, 'nobody')).rejects.toThrow('ECONNREFUSED');
    identities.forget(issuer.url, subject);
    await expect(identities.find(issuer.url, subject)).rejects.toThrow('ECONNREFUSED');
  });
});

describe('a stream', () => {
  const open = async (claims: object = {}) => readEvents(`${service.url}/v1/events`, await token({ ...claims }));
  const stays = (stream: EventReader) =>
    expect(Promise.race([stream.ended.then(() => 'ended'), sleep(300, 'open')])).resolves.toBe('open');

  test.each<[string, (id: string) => Promise<Answer>]>([
    ['deleted', (id) => remove(id)],
    ['of another party', () => put({ partyId: 'buyer-bob' })],
    ['of another role', () => put({ partyId: 'buyer-ada', role: 'seller' })],
  ])('ends when its identity is %s', async (_change, change) => {
    const { body } = await put();
    const stream = await open();
    await put();
    await stays(stream);
    await change(body.id);
    await stream.ended;
  });

  test('by claims ends when its subject gets an identity', async () => {
    const stream = await open({ sub: 'buyer-carol', role: 'buyer' });
    await stays(stream);
    await put({ subject: 'buyer-carol' });
    await stream.ended;
  });
});
