import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { remoteIssuer } from '../../api/auth/issuers.ts';
import { tokenVerifier, type VerifyToken } from '../../api/auth/tokens.ts';
import { parseSettings } from '../../platform/settings.ts';

/* An issuer changes its keys, as it does by itself every few weeks: nothing is to be done here, and no caller is refused. */

const ISSUER = 'https://issuer.example';
let published: JWK[] = [];
let fetched = 0;
let server: Server;
let verify: VerifyToken;
const pairs = new Map<string, CryptoKey>();
const jwks = new Map<string, JWK>();

beforeAll(async () => {
  for (const kid of ['former', 'next']) {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    pairs.set(kid, privateKey);
    jwks.set(kid, { ...(await exportJWK(publicKey)), kid, use: 'sig' });
  }
  server = createServer((_request, response) => {
    fetched += 1;
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const TOKEN_JWKS_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  const [issuer] = parseSettings({ TOKEN_ISSUER: ISSUER, TOKEN_JWKS_URL }).tokenIssuers;
  if (!issuer) throw new Error('no issuer');
  verify = tokenVerifier(remoteIssuer(issuer));
});
afterAll(async () => {
  jest.restoreAllMocks();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const publish = (...kids: string[]) => void (published = kids.flatMap((kid) => jwks.get(kid) ?? []));
const started = Date.now();
/** So many seconds after the start, as far as anybody here looks at the clock. */
const at = (seconds: number) => void jest.spyOn(Date, 'now').mockReturnValue(started + seconds * 1_000);

/** Whether a token that the key signs is taken. */
async function isTaken(kid: string): Promise<boolean> {
  const key = pairs.get(kid);
  if (!key) throw new Error(`no key ${kid}`);
  const token = await new SignJWT({ role: 'operator' })
    .setProtectedHeader({ alg: 'ES256', kid, typ: 'at+jwt' })
    .setIssuer(ISSUER)
    .setAudience('countersign')
    .setSubject('operator-olga')
    .setExpirationTime(Math.floor(started / 1_000) + 86_400)
    .sign(key);
  return (await verify(token)) !== undefined;
}

test('a key that is published before it signs is taken at once; one that is withdrawn, for ten minutes more at most', async () => {
  publish('former');
  at(0);
  expect(await isTaken('former')).toBe(true);
  // Both are taken meanwhile, and the keys are fetched no more often than twice a minute, whoever asks.
  publish('former', 'next');
  at(31);
  expect([await isTaken('next'), await isTaken('former'), fetched]).toEqual([true, true, 2]);
  publish('next');
  at(32);
  expect([await isTaken('next'), await isTaken('former')]).toEqual([true, true]);
  at(31 + 601);
  expect([await isTaken('next'), await isTaken('former')]).toEqual([true, false]);
});
