import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { createApp } from '../../api/app.ts';
import { withApiKeys } from '../../api/auth/tokens.ts';
import { localIssuer, remoteIssuer, tokenVerifier } from '../../api/auth/tokens.ts';
import { serve, type RunningApi } from '../../api/serve.ts';
import { createLogger } from '../../platform/logger.ts';
import { expectProblem, testApi, type TestApi } from './support.ts';

const ISSUER = 'https://issuer.example';
const NOW = Math.floor(Date.now() / 1000);
const GOOD = { iss: ISSUER, aud: 'countersign', sub: 'buyer-ada', role: 'buyer', exp: NOW + 600 };

let api: TestApi;
let logged: RunningApi;
let lines: { msg: string; reason?: string; req?: { id: string } }[] = [];
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let strangers: typeof keys;

beforeAll(async () => {
  api = await testApi();
  [keys, strangers] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')];
  const jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'one' }] };
  const destination = new Writable({
    write(line: Buffer, _encoding, done) {
      lines.push(JSON.parse(line.toString()));
      done();
    },
  });
  const logger = createLogger({ name: 'api', destination });
  const verify = withApiKeys(api.deps.orm, tokenVerifier(localIssuer(jwks, ISSUER, 'countersign')));
  logged = await serve(createApp({ ...api.deps, logger, verify, rateLimit: 1_000 }), { host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await logged.close();
  await api.close();
});

function token(claims: JWTPayload, { kid = 'one', typ = 'at+jwt', by = keys } = {}): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ, kid }).sign(by.privateKey);
}

const WITHOUT = (claim: keyof typeof GOOD): JWTPayload =>
  Object.fromEntries(Object.entries(GOOD).filter(([name]) => name !== claim));

test.each([
  ['signature', () => token(GOOD, { by: strangers })],
  ['unknown_key', () => token(GOOD, { kid: 'two' })],
  ['issuer', () => token({ ...GOOD, iss: 'https://other.example' })],
  ['audience', () => token({ ...GOOD, aud: 'somebody-else' })],
  ['audience', () => token(WITHOUT('aud'))],
  ['expired', () => token({ ...GOOD, exp: NOW - 3600 })],
  ['not_yet_valid', () => token({ ...GOOD, nbf: NOW + 3600 })],
  ['no_expiry', () => token(WITHOUT('exp'))],
  ['role', () => token(WITHOUT('role'))],
  ['role', () => token({ ...GOOD, role: ['buyer'] })],
  ['sub', () => token(WITHOUT('sub'))],
  ['sub', () => token({ ...GOOD, sub: 'auth0|4711' })],
  ['type', () => token(GOOD, { typ: 'echeck+jwt' })],
  ['malformed', async () => 'no-token-at-all'],
  ['algorithm', async () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`],
  ['api_key', async () => `csk_${'x'.repeat(40)}`],
])('a refused token says %s in the log, and nothing in the answer', async (reason, make) => {
  lines = [];
  const bearer = await make();
  const refused = await api.ask('GET', '/v1/account', { as: bearer, at: logged.url });
  expectProblem(refused, 'unauthorized');
  expect(refused.body.detail).toBe('The bearer token is not valid, or not any more.');
  const said = lines.filter(({ msg }) => msg === 'token refused');
  expect(said).toMatchObject([{ reason, level: 40, req: { url: '/v1/account' } }]);
  expect(JSON.stringify(lines)).not.toContain(bearer);
});

test('a good token, and none at all, refuse nothing in the log', async () => {
  lines = [];
  const good = await api.ask('GET', '/v1/account', { as: await token(GOOD), at: logged.url });
  expect(good.status).toBe(200);
  expectProblem(await api.ask('GET', '/v1/account', { as: null, at: logged.url }), 'unauthorized');
  expect(lines.filter(({ msg }) => msg === 'token refused')).toEqual([]);
});

test('an issuer that cannot be reached is named as what is missing', async () => {
  const verify = tokenVerifier(
    remoteIssuer({ jwksUrl: 'http://127.0.0.1:9/jwks.json', issuer: ISSUER, audience: 'x' }),
  );
  const away = await serve(createApp({ ...api.deps, verify }), { host: '127.0.0.1', port: 0 });
  const answer = await api.ask('GET', '/v1/account', { as: await token(GOOD), at: away.url });
  await away.close();
  expectProblem(answer, 'service-unavailable');
  expect(answer.body.detail).toContain('The issuer of access tokens cannot be reached');
});
