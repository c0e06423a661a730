import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { Registry } from 'prom-client';
import { createApp } from '../../api/app.ts';
import { remoteIssuer } from '../../api/auth/issuers.ts';
import { createRefusalLog } from '../../api/auth/refusal-log.ts';
import { tokenVerifier, withApiKeys } from '../../api/auth/tokens.ts';
import { serve, type RunningApi } from '../../api/serve.ts';
import { createLogger } from '../../platform/logger.ts';
import { parseSettings } from '../../platform/settings.ts';
import { startJwksServer, type JwksServer } from '../support/jwks-server.ts';
import { expectProblem, testApi, type TestApi } from './support.ts';

const ISSUER = 'https://issuer.example';
const NOW = Math.floor(Date.now() / 1000);
const GOOD = { iss: ISSUER, aud: 'countersign', sub: 'buyer-ada', role: 'buyer', exp: NOW + 600 };

let api: TestApi;
let logged: RunningApi;
let issuer: JwksServer;
let lines: { msg: string; reason?: string; detail?: string; req?: { id: string } }[] = [];
let stranger: Awaited<ReturnType<typeof generateKeyPair>>;

/** Verifies as a process with these settings does. */
function verifierFor(settings: Record<string, string>) {
  const issuers = parseSettings(settings).tokenIssuers;
  return tokenVerifier(...issuers.map((one) => remoteIssuer(one, api.deps.identities.find)));
}

beforeAll(async () => {
  api = await testApi();
  issuer = await startJwksServer();
  stranger = await generateKeyPair('RS256');
  const destination = new Writable({
    write(line: Buffer, _encoding, done) {
      lines.push(JSON.parse(line.toString()));
      done();
    },
  });
  const logger = createLogger({ name: 'api', destination });
  const verify = withApiKeys(api.deps.orm, verifierFor({ TOKEN_ISSUER: ISSUER, TOKEN_JWKS_URL: issuer.jwksUrl }));
  logged = await serve(createApp({ ...api.deps, logger, verify, rateLimit: 1_000 }), { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await logged.close();
  await issuer.close();
  await api.close();
});

const token = (claims: JWTPayload, header = {}) => issuer.sign(claims, { typ: 'at+jwt', ...header });
const forged = () => new SignJWT(GOOD).setProtectedHeader({ alg: 'RS256', kid: 'rsa-1' }).sign(stranger.privateKey);
const encoded = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url');

const WITHOUT = (claim: keyof typeof GOOD): JWTPayload =>
  Object.fromEntries(Object.entries(GOOD).filter(([name]) => name !== claim));
const SECRET_NAMES = ['auth0|5f7c8ec7', 'ada@private.example', 'Ada Lovelace'];

test.each<[string, RegExp, () => Promise<string>]>([
  ['signature', /not by the issuer's key "rsa-1".*issuer https:\/\/issuer/, forged],
  ['unknown_key', /kid is "two".*no such key for "RS256"/, () => token(GOOD, { kid: 'two' })],
  [
    'issuer',
    /iss is "https:\/\/other.example"; taken is "https:\/\/issuer.example"/,
    () => token({ ...GOOD, iss: 'https://other.example' }),
  ],
  [
    'issuer',
    /iss is "https:\/\/issuer.example\/"; .* character by character/,
    () => token({ ...GOOD, iss: `${ISSUER}/` }),
  ],
  ['issuer', /iss is missing/, () => token(WITHOUT('iss'))],
  [
    'audience',
    /aud is "somebody-else"; one of "countersign" must be in it/,
    () => token({ ...GOOD, aud: 'somebody-else' }),
  ],
  ['audience', /aud is \["account", "broker"\]/, () => token({ ...GOOD, aud: ['account', 'broker'] })],
  ['audience', /aud is missing/, () => token(WITHOUT('aud'))],
  ['expired', /exp is 20\d\d-.*Z, which is over/, () => token({ ...GOOD, exp: NOW - 3600 })],
  ['not_yet_valid', /nbf is 20\d\d-.*clocks/, () => token({ ...GOOD, nbf: NOW + 3600 })],
  ['no_expiry', /exp is missing/, () => token(WITHOUT('exp'))],
  ['role', /role is missing; exactly one of "buyer", "seller"/, () => token(WITHOUT('role'))],
  ['role', /role is \["admin", "offline_access"\];/, () => token({ ...GOOD, role: ['admin', 'offline_access'] })],
  ['role', /role is \["buyer", "seller"\], several of our roles/, () => token({ ...GOOD, role: ['buyer', 'seller'] })],
  ['role', /several of our roles/, () => token({ ...GOOD, role: 'buyer operator' })],
  ['role', /role is a text of 12 characters \(not shown\)/, () => token({ ...GOOD, role: 'Ada Lovelace' })],
  ['role', /role is an object/, () => token({ ...GOOD, role: { roles: ['buyer'] } })],
  ['role', /role is 1/, () => token({ ...GOOD, role: 1 })],
  ['sub', /sub is missing, no party id.*PUT \/v1\/identities/, () => token(WITHOUT('sub'))],
  ['sub', /sub is a text of 14 characters/, () => token({ ...GOOD, sub: 'auth0|5f7c8ec7' })],
  ['sub', /sub is an e-mail address or the like/, () => token({ ...GOOD, sub: 'ada@private.example' })],
  ['sub', /sub is a text of 12 characters/, () => token({ ...GOOD, sub: 'Ada Lovelace' })],
  ['terminal', /terminal is a text of 101 characters/, () => token({ ...GOOD, terminal: 'x'.repeat(101) })],
  ['terminal', /terminal is a text of 6 characters/, () => token({ ...GOOD, terminal: 'till-\u0000' })],
  ['terminal', /terminal is a text of 7 characters/, () => token({ ...GOOD, terminal: 'till\u202e-7' })],
  ['sub', /sub is a text of 3 characters/, () => token({ ...GOOD, sub: 'a\u0000b' })],
  ['sub', /sub is a text of 2 characters/, () => token({ ...GOOD, sub: 'a\ud800' })],
  ['sub', /sub is a text of 300 characters/, () => token({ ...GOOD, sub: 'X'.repeat(300) })],
  ['terminal', /terminal is of type object/, () => token({ ...GOOD, terminal: {} })],
  ['type', /typ is "echeck\+jwt"/, () => token(GOOD, { typ: 'echeck+jwt' })],
  ['type', /typ is "logout\+jwt"/, () => token(GOOD, { typ: 'logout+jwt' })],
  [
    'type',
    /events is set/,
    () => token({ ...GOOD, events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }),
  ],
  ['bound', /cnf is set.*DPoP/, () => token({ ...GOOD, cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } })],
  ['malformed', /opaque text/, async () => 'no-token-at-all'],
  ['malformed', /opaque text/, async () => 'ya29.a0AfH6SMBx'],
  ['malformed', /encrypted/, async () => 'eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn'],
  ['malformed', /header is no JSON/, async () => 'a.b.c'],
  ['malformed', /payload is no JSON/, async () => `${encoded({ alg: 'RS256' })}.bm90IGpzb24.c2ln`],
  ['algorithm', /alg is "none"; taken are "EdDSA"/, async () => `${encoded({ alg: 'none' })}.e30.`],
  ['algorithm', /alg is "HS256"/, async () => `${encoded({ alg: 'HS256' })}.${encoded(GOOD)}.c2ln`],
  ['api_key', /no such API key/, async () => `csk_${'x'.repeat(40)}`],
])('a refused token says %s in the log (%s), and nothing in the answer', async (reason, detail, make) => {
  lines = [];
  const bearer = await make();
  const refused = await api.ask('GET', '/v1/account', { as: bearer, at: logged.url });
  expectProblem(refused, 'unauthorized');
  expect(refused.body.detail).toBe('The bearer token is not valid, or not any more.');
  expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="countersign", error="invalid_token"');
  const said = lines.filter(({ msg }) => msg === 'token refused');
  expect(said).toMatchObject([{ reason, level: 40, req: { url: '/v1/account' } }]);
  expect(said[0]?.detail).toMatch(detail);
  const all = JSON.stringify(lines);
  expect([bearer, ...SECRET_NAMES].filter((secret) => all.includes(secret))).toEqual([]);
});

test('a good token, and none at all, refuse nothing in the log', async () => {
  lines = [];
  const good = await api.ask('GET', '/v1/account', { as: await token(GOOD), at: logged.url });
  expect(good.status).toBe(200);
  const none = await api.ask('GET', '/v1/account', { as: null, at: logged.url });
  expectProblem(none, 'unauthorized');
  expect(none.headers.get('www-authenticate')).toBe('Bearer realm="countersign"');
  expect(lines.filter(({ msg }) => msg === 'token refused')).toEqual([]);
});

test('a key without the scope is told which one it needs', async () => {
  const body = { partyId: 'buyer-ada', role: 'buyer', name: 'reader' };
  const { key } = (await api.ask('POST', '/v1/api-keys', { as: 'operator-olga', body })).body;
  const refused = await api.ask('POST', '/v1/orders', { as: key, key: 'k', body: {} });
  expectProblem(refused, 'forbidden');
  const challenge = 'Bearer realm="countersign", error="insufficient_scope", scope="write"';
  expect(refused.headers.get('www-authenticate')).toBe(challenge);
});

test('of one reason twenty lines a minute are written, the next minute says how many were left out, and all are counted', async () => {
  const registry = new Registry();
  const seen: object[] = [];
  let now = 0;
  const note = createRefusalLog(registry, () => now);
  const log = { warn: (line: object) => void seen.push(line) };
  for (let count = 0; count < 50; count += 1) note(log, { reason: 'audience', detail: 'd' });
  note(log, { reason: 'issuer', detail: 'other reasons have lines of their own' });
  expect(seen).toHaveLength(21);
  now = 60_000;
  note(log, { reason: 'audience', detail: 'd' });
  expect(seen.at(-1)).toEqual({ reason: 'audience', detail: 'd', leftOut: 30 });
  note(log, { reason: 'audience', detail: 'd' });
  expect(seen.at(-1)).toEqual({ reason: 'audience', detail: 'd' });
  expect(await registry.metrics()).toContain('token_refusals_total{reason="audience"} 52');
});

test.each([
  ['its keys', { TOKEN_ISSUER: ISSUER, TOKEN_JWKS_URL: 'http://127.0.0.1:9/jwks.json' }],
  ['where its keys are', { TOKEN_ISSUER: 'http://127.0.0.1:9' }],
])('an issuer that cannot be asked for %s is named as what is missing', async (_what, settings) => {
  const verify = verifierFor(settings);
  const away = await serve(createApp({ ...api.deps, verify }), { host: '127.0.0.1', port: 0 });
  const bearer = await token({ ...GOOD, iss: settings.TOKEN_ISSUER });
  const answer = await api.ask('GET', '/v1/account', { as: bearer, at: away.url });
  await away.close();
  expectProblem(answer, 'service-unavailable');
  expect(answer.body.detail).toContain('The issuer of access tokens cannot be reached');
});
