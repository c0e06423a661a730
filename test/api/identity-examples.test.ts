import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JWTHeaderParameters, JWTPayload } from 'jose';
import { createApp } from '../../api/app.ts';
import { createIdentities } from '../../api/auth/identities.ts';
import { announce, remoteIssuer } from '../../api/auth/issuers.ts';
import { tokenVerifier } from '../../api/auth/tokens.ts';
import { serve, type RunningApi } from '../../api/serve.ts';
import { parseSettings } from '../../platform/settings.ts';
import { startJwksServer, type JwksServer } from '../support/jwks-server.ts';
import { runFolder } from '../support/run.ts';
import { expectProblem, testApi, type TestApi } from './support.ts';

/*
 * The worked examples of docs/identities.md, from that page: tokens of each payload, signed by a JWKS server of ours, at an API with
 * the settings of the example; identities are put by the page's own commands.
 */

const PAGE = readFileSync(fileURLToPath(new URL('../../docs/identities.md', import.meta.url)), 'utf8');

/** The blocks of the page with that fence. */
function blocks(fence: string): string[] {
  return PAGE.split('```')
    .filter((text) => text.startsWith(`${fence}\n`))
    .map((text) => text.slice(fence.length + 1));
}

function block(fence: string): string {
  const [found, ...others] = blocks(fence);
  if (found === undefined || others.length > 0) throw new Error(`${1 + others.length} blocks of ${fence}`);
  return found;
}

interface Example {
  readonly header: JWTHeaderParameters;
  readonly payload: JWTPayload;
}

const example = (name: string): Example => JSON.parse(block(`json ${name}`));
const settingsOf = (name: string): Record<string, string> =>
  Object.fromEntries(
    block(`properties ${name}`)
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/).slice(0, 2)),
  );

let api: TestApi;
let issuer: JwksServer;
const services: RunningApi[] = [];
beforeAll(async () => {
  [api, issuer] = [await testApi(), await startJwksServer()];
});
afterAll(async () => {
  for (const service of services) await service.close();
  await issuer.close();
  await api.close();
});

/** An API process with these settings; its issuers' keys are those of the test. */
async function start(settings: Record<string, string>): Promise<RunningApi> {
  const { tokenIssuers } = parseSettings(settings);
  const identities = createIdentities(api.deps.orm);
  const outside = tokenIssuers.map((one) => remoteIssuer({ ...one, jwksUrl: issuer.jwksUrl }, identities.find));
  const verify = tokenVerifier(api.issuer, ...outside);
  const deps = { ...api.deps, verify, identities, tokenIssuers: tokenIssuers.map((one) => one.issuer) };
  const service = await serve(createApp(deps), { host: '127.0.0.1', port: 0 });
  services.push(service);
  return service;
}

/** The token of an example, were it issued now. */
function tokenOf(name: string, change: JWTPayload = {}): Promise<string> {
  const { header, payload } = example(name);
  const { iat = 0, exp = 0, nbf } = payload;
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now, exp: now + exp - iat, ...(nbf !== undefined && { nbf: now }) };
  return issuer.sign({ ...payload, ...times, ...change }, header);
}

const ask = (service: RunningApi, as: string, path = '/v1/account') => api.ask('GET', path, { as, at: service.url });
const run = promisify(execFile);

/** Runs the page's command that puts an identity for that subject, as it is pasted after those that begin the page. */
async function pastePut(service: RunningApi, subject: string): Promise<Record<string, unknown>> {
  const shells = blocks('sh');
  const begun = shells.flatMap((text) =>
    text.split('\n').filter((line) => /^(API=|OLGA=|token\(\)|put\(\))/.test(line)),
  );
  const command = shells.find((text) => text.startsWith('put ') && text.includes(subject)) ?? 'false';
  const env = { PATH: process.env['PATH'], PORT: new URL(service.url).port };
  const { stdout } = await run('bash', ['-eu', '-c', [...begun, command].join('\n')], { env });
  return JSON.parse(stdout);
}

describe('Auth0', () => {
  let service: RunningApi;
  beforeAll(async () => {
    service = await start(settingsOf('auth0'));
  });

  test('a user is whom the namespaced claims name', async () => {
    const bearer = await tokenOf('auth0');
    expect((await ask(service, bearer)).body).toMatchObject({ id: 'buyer-ada' });
    expectProblem(await ask(service, bearer, '/v1/identities'), 'forbidden');
  });

  test('a machine is whom its identity names', async () => {
    const bearer = await tokenOf('auth0-machine');
    expectProblem(await ask(service, bearer), 'unauthorized');
    const put = await pastePut(service, '@clients');
    expect(put).toMatchObject({ partyId: 'seller-mill', role: 'seller', issuerTrusted: true });
    expect((await ask(service, bearer)).body).toMatchObject({ id: 'seller-mill' });
  });

  test.each([
    ['without the last slash', { iss: 'https://trade.eu.auth0.com' }],
    ['for another API', { aud: ['https://other.example/api', 'https://trade.eu.auth0.com/userinfo'] }],
    ['without the claims of the Action', { 'https://countersign.example/party': undefined }],
    ['with several of our roles', { 'https://countersign.example/roles': ['buyer', 'operator'] }],
  ])('a token %s is refused', async (_fault, change) => {
    expectProblem(await ask(service, await tokenOf('auth0', change)), 'unauthorized');
  });
});

describe('Entra ID', () => {
  let service: RunningApi;
  beforeAll(async () => {
    service = await start(settingsOf('entra'));
  });

  test('a user is the party of that Object ID in the role of the app role, and whom the identity names once there is one', async () => {
    const bearer = await tokenOf('entra');
    expect((await ask(service, bearer, '/v1/orders')).status).toBe(200);
    expectProblem(await ask(service, bearer), 'not-found');
    expect(await pastePut(service, String(example('entra').payload['oid']))).toMatchObject({ issuerTrusted: true });
    expect((await ask(service, bearer)).body).toMatchObject({ id: 'buyer-ada' });
  });

  test('an app role that the map does not name is none of ours, not even by our name', async () => {
    const oid = '00000000-0000-4000-8000-000000000001';
    for (const roles of [['buyer'], ['operator'], ['Countersign.Admin'], undefined])
      expectProblem(await ask(service, await tokenOf('entra', { oid, roles }), '/v1/orders'), 'unauthorized');
    const bearer = await tokenOf('entra', { oid, roles: ['Countersign.Admin', 'Countersign.Operator'] });
    expect((await ask(service, bearer, '/v1/identities')).status).toBe(200);
  });

  test('tokens of version 1.0 have another issuer and another audience', async () => {
    const { tid } = example('entra').payload;
    const first = await start({
      ...settingsOf('entra'),
      TOKEN_ISSUER: `https://sts.windows.net/${String(tid)}/`,
      TOKEN_AUDIENCE: 'api://8f5b2c1e-3d47-4a6b-9c80-1e2f3a4b5c6d',
    });
    const bearer = await tokenOf('entra', {
      iss: `https://sts.windows.net/${String(tid)}/`,
      aud: 'api://8f5b2c1e-3d47-4a6b-9c80-1e2f3a4b5c6d',
      ver: '1.0',
    });
    expect((await ask(first, bearer, '/v1/orders')).status).toBe(200);
    expectProblem(await ask(service, bearer, '/v1/orders'), 'unauthorized');
    expectProblem(await ask(first, await tokenOf('entra'), '/v1/orders'), 'unauthorized');
  });
});

describe('Keycloak', () => {
  let service: RunningApi;
  beforeAll(async () => {
    service = await start(settingsOf('keycloak'));
  });

  test('a user is whom its attribute names, in its client role', async () => {
    expect((await ask(service, await tokenOf('keycloak'))).body).toMatchObject({ id: 'buyer-ada' });
  });

  test('with another signature algorithm of the realm, too', async () => {
    const { payload } = example('keycloak');
    const times = { exp: Math.floor(Date.now() / 1000) + 300 };
    const bearer = await issuer.sign({ ...payload, ...times }, { alg: 'ES256', typ: 'JWT' });
    expect((await ask(service, bearer)).status).toBe(200);
  });

  test('realm roles count under names of their own', async () => {
    const realm = await start({
      ...settingsOf('keycloak'),
      TOKEN_ROLE_CLAIM: 'realm_access.roles',
      TOKEN_ROLE_MAP: '{"countersign-buyer":"buyer"}',
    });
    const withRoles = (...roles: string[]) => tokenOf('keycloak', { realm_access: { roles } });
    expect((await ask(realm, await withRoles('offline_access', 'countersign-buyer'))).status).toBe(200);
    expectProblem(await ask(realm, await withRoles('offline_access', 'buyer')), 'unauthorized');
  });

  test.each([
    ['without an audience', { aud: undefined }],
    ['for the account console', { aud: 'account' }],
    ['without a client role', { resource_access: { account: { roles: ['manage-account'] } } }],
    ['bound by DPoP', { typ: 'DPoP', cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } }],
  ])('a token %s is refused', async (_fault, change) => {
    expectProblem(await ask(service, await tokenOf('keycloak', change)), 'unauthorized');
  });
});

describe('Google', () => {
  let service: RunningApi;
  beforeAll(async () => {
    service = await start(settingsOf('google'));
  });

  test('an ID token is of whom its identity names, for each of the client ids', async () => {
    expectProblem(await ask(service, await tokenOf('google')), 'unauthorized');
    await pastePut(service, String(example('google').payload.sub));
    for (const client of settingsOf('google')['TOKEN_AUDIENCE']?.split(',') ?? [])
      expect((await ask(service, await tokenOf('google', { aud: client }))).body).toMatchObject({ id: 'buyer-ada' });
    const app = '407408718192-app.apps.googleusercontent.com';
    expectProblem(await ask(service, await tokenOf('google', { aud: app })), 'unauthorized');
  });

  test('by address it must be one that Google has verified', async () => {
    const byAddress = await start({ ...settingsOf('google'), TOKEN_SUBJECT_CLAIM: 'email' });
    const { email, iss } = example('google').payload;
    const body = { issuer: iss, subject: email, partyId: 'buyer-bob', role: 'buyer' };
    await api.ask('PUT', '/v1/identities', { as: 'operator-olga', at: byAddress.url, body });
    for (const verified of [true, 'true'])
      expect((await ask(byAddress, await tokenOf('google', { email_verified: verified }))).body.id).toBe('buyer-bob');
    for (const verified of [false, 'false', undefined])
      expectProblem(await ask(byAddress, await tokenOf('google', { email_verified: verified })), 'unauthorized');
  });
});

describe('several issuers', () => {
  let service: RunningApi;
  beforeAll(async () => {
    const file = join(runFolder(), `issuers-page-${process.pid}.json`);
    writeFileSync(file, block('json issuers'));
    service = await start({ TOKEN_ISSUERS_FILE: file });
  });

  test.each(['auth0', 'keycloak'])('a token of %s is judged by its own entry', async (name) => {
    expect((await ask(service, await tokenOf(name))).body).toMatchObject({ id: 'buyer-ada' });
  });

  test("one issuer's rules do not help another one's tokens", async () => {
    const { iss, aud, ...keycloak } = example('keycloak').payload;
    for (const change of [
      { ...keycloak, iss, aud: example('auth0').payload.aud },
      { ...keycloak, aud, iss: example('auth0').payload.iss },
    ])
      expectProblem(await ask(service, await tokenOf('auth0', change)), 'unauthorized');
  });

  test('and one whose map lacks a role gives it to nobody', async () => {
    const oid = '00000000-0000-4000-8000-000000000002';
    const as = (roles: string[]) => tokenOf('entra', { oid, roles });
    expect((await ask(service, await as(['Countersign.Buyer']), '/v1/orders')).status).toBe(200);
    expectProblem(await ask(service, await as(['Countersign.Operator']), '/v1/orders'), 'unauthorized');
  });
});

describe('discovery', () => {
  const ours = (change = {}) =>
    issuer.sign({
      iss: issuer.url,
      aud: 'countersign',
      sub: 'buyer-ada',
      role: 'buyer',
      exp: Date.now() / 1000 + 60,
      ...change,
    });
  const discovering = async (tokenIssuer: string) => {
    const outside = parseSettings({ TOKEN_ISSUER: tokenIssuer }).tokenIssuers.map((one) => remoteIssuer(one));
    const service = await serve(createApp({ ...api.deps, verify: tokenVerifier(...outside) }), {
      host: '127.0.0.1',
      port: 0,
    });
    services.push(service);
    return service;
  };

  test('finds the keys once for all requests', async () => {
    const service = await discovering(issuer.url);
    issuer.asked.length = 0;
    const bearer = await ours();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(service, bearer)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/jwks']);
  });

  test('is tried when the process starts, and the log says whose tokens are taken, or why not', async () => {
    const lines: [string, object][] = [];
    const note = (level: string) => (facts: object) => void lines.push([level, facts]);
    const log = { info: note('info'), warn: note('warn') };
    for (const tokenIssuer of [issuer.url, `${issuer.url}/`, 'http://127.0.0.1:9'])
      for (const one of parseSettings({ TOKEN_ISSUER: tokenIssuer }).tokenIssuers)
        await announce(remoteIssuer(one), log);
    const known = parseSettings({ TOKEN_ISSUER: issuer.url, TOKEN_JWKS_URL: issuer.jwksUrl }).tokenIssuers;
    for (const one of known) await announce(remoteIssuer(one), log);
    expect(lines).toMatchObject([
      ['info', { issuer: issuer.url, jwksUrl: issuer.jwksUrl, audiences: ['countersign'] }],
      ['warn', { err: { message: expect.stringContaining(`TOKEN_ISSUER must be that, character by character`) } }],
      ['warn', { issuer: 'http://127.0.0.1:9' }],
      ['info', { issuer: issuer.url, jwksUrl: issuer.jwksUrl }],
    ]);
  });

  test.each([
    ['an issuer with a path', '/realms/trade', '/realms/trade/.well-known/openid-configuration'],
    ['an issuer that ends in a slash', '/tenant/', '/tenant/.well-known/openid-configuration'],
  ])('of %s', async (_kind, path, asked) => {
    const iss = `${issuer.url}${path}`;
    issuer.discovery = { issuer: iss, jwks_uri: issuer.jwksUrl };
    issuer.asked.length = 0;
    expect((await ask(await discovering(iss), await ours({ iss }))).status).toBe(200);
    expect(issuer.asked[0]).toBe(asked);
  });

  test.each([
    ['is of another issuer', () => ({ issuer: `${issuer.url}/`, jwks_uri: issuer.jwksUrl })],
    ['names no keys', () => ({ issuer: issuer.url })],
    ['names keys that are no address', () => ({ issuer: issuer.url, jwks_uri: 'file:///etc/passwd' })],
    ['is empty', () => ({})],
  ])('that %s is an outage that says so, not a refusal', async (_what, document) => {
    issuer.discovery = document();
    const answer = await ask(await discovering(issuer.url), await ours());
    expectProblem(answer, 'service-unavailable');
    expect(answer.body.detail).toContain('The issuer of access tokens');
  });
});
