import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import fc from 'fast-check';
import { CompactSign, createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import {
  createSite,
  loadSiteKey,
  rotateSiteKey,
  type PartyMessage,
  type ReceiptStore,
  type Site,
  type SiteAnswer,
  type SiteKey,
} from '../../client/site.ts';
import type { VERDICTS as DOMAIN_VERDICTS } from '../../domain/party-messages.ts';
import { VERDICTS } from '../../client/party-messages.ts';
import { startOfficeDouble, type OfficeDouble } from '../support/office-double.ts';

/* What every site is made of: messages verified, handled, receipted. */

const PARTY = 'seller-x';
const ORDER = 'order-00000000000000000000000000';
const folder = mkdtempSync(join(tmpdir(), 'site-'));
const keyFile = join(folder, 'keys/site.json');
let office: OfficeDouble;
let signingKey: SiteKey;
let site: Site;
let handled: PartyMessage[] = [];
let faults: unknown[] = [];
let answer: () => SiteAnswer = () => ({ verdict: 'received' });

beforeAll(async () => {
  office = await startOfficeDouble();
  signingKey = await loadSiteKey(keyFile);
});
afterAll(async () => {
  await office.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  [handled, faults, answer] = [[], [], () => ({ verdict: 'received' })];
  site = makeSite();
});

function makeSite(options: Partial<Parameters<typeof createSite>[0]> = {}): Site {
  return createSite({
    party: PARTY,
    signingKey,
    office: { issuer: office.issuer, jwksUrl: office.jwksUrl },
    handle: async (message) => {
      handled.push(message);
      return answer();
    },
    onFault: (error) => faults.push(error),
    ...options,
  });
}

/** Three parts in base64url, of any JSON. */
const jwsLike = fc
  .tuple(fc.json(), fc.json(), fc.string())
  .map((parts) => Buffer.from(parts.map((part) => Buffer.from(part).toString('base64url')).join('.')));

const now = () => Math.floor(Date.now() / 1000);
const claims = { aud: PARTY, sub: ORDER, jti: `${ORDER}:completed`, kind: 'completed', body: { deliveredAt: 'then' } };

function post(body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Response> {
  const all = { 'Content-Type': 'application/jose', ...headers };
  return site.fetch(new Request('http://site/messages', { method: 'POST', headers: all, body }));
}

async function readReceipt(response: Response) {
  const keys = createLocalJWKSet(await signingKey.publicJwks());
  return jwtVerify(await response.text(), keys, { algorithms: ['EdDSA'], typ: 'party-receipt+jwt' });
}

test('a good message is handled and receipted', async () => {
  const message = await office.message(claims);
  const response = await post(message);
  expect([response.status, response.headers.get('Content-Type')]).toEqual([200, 'application/jose']);
  const { payload } = await readReceipt(response);
  expect(payload).toEqual({
    iss: PARTY,
    aud: office.issuer,
    iat: expect.any(Number),
    message: claims.jti,
    digest: createHash('sha256').update(message).digest('base64url'),
    verdict: 'received',
    body: {},
  });
  const { id, orderId, kind, from, body, jws } = handled[0]!;
  expect({ id, orderId, kind, from, body, jws }).toEqual({
    id: claims.jti,
    orderId: ORDER,
    kind: 'completed',
    from: 'check-office',
    body: claims.body,
    jws: message,
  });
});

test('what a verdict needs stands in the receipt', async () => {
  answer = () => ({ verdict: 'refused', body: { reason: 'out_of_stock' } });
  const { payload } = await readReceipt(await post(await office.message({ ...claims, kind: 'presentation' })));
  expect(payload).toMatchObject({ verdict: 'refused', body: { reason: 'out_of_stock' } });
});

describe('refused, and neither handled nor receipted, is', () => {
  const otherKey = async (alg: string) => {
    const { privateKey } = await generateKeyPair(alg);
    const payload = Buffer.from(JSON.stringify({ iss: office.issuer, iat: now(), from: 'x', ...claims }));
    const header = { alg, typ: 'party-message+jwt', kid: (await publishedKid()) ?? '' };
    return new CompactSign(payload).setProtectedHeader(header).sign(privateKey);
  };
  const publishedKid = async () =>
    ((await (await fetch(office.jwksUrl)).json()) as { keys: { kid: string }[] }).keys[0]?.kid;
  const unsigned = (alg: string) => {
    const part = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');
    return `${part({ alg, typ: 'party-message+jwt' })}.${part({ iss: office.issuer, iat: now(), from: 'x', ...claims })}.`;
  };
  const changed = async () => {
    const [header, , signature] = (await office.message(claims)).split('.');
    return `${header}.${Buffer.from(JSON.stringify({ ...claims, iss: office.issuer, iat: now() })).toString('base64url')}.${signature}`;
  };
  test.each<[string, () => Promise<string>, number]>([
    ['another audience', () => office.message({ ...claims, aud: 'seller-y' }), 401],
    ['no audience', () => office.message({ ...claims, aud: undefined }), 401],
    ['another issuer', () => office.message({ ...claims, iss: 'elsewhere' }), 401],
    ['another type', () => office.message(claims, { typ: 'echeck+jwt' }), 401],
    ['no type', () => office.message(claims, { typ: undefined }), 401],
    ['an unknown key', () => office.message(claims, { kid: 'nobody' }), 401],
    ['another key under a known id', () => otherKey('EdDSA'), 401],
    ['another algorithm', () => otherKey('ES256'), 401],
    ['no algorithm', async () => unsigned('none'), 401],
    ['a changed payload', changed, 401],
    ['no JWS at all', async () => 'hello', 401],
    ['an empty body', async () => '', 401],
    ['no time', () => office.message({ ...claims, iat: undefined }), 401],
    ['a time that is no number', () => office.message({ ...claims, iat: 'now' }), 401],
    ['a time to come', () => office.message({ ...claims, iat: now() + 400 }), 401],
    ['a message of more than a year ago', () => office.message({ ...claims, iat: now() - 367 * 86_400 }), 401],
    ['no order', () => office.message({ ...claims, sub: undefined }), 401],
    ['no id', () => office.message({ ...claims, jti: undefined }), 401],
    ['an id that is no text', () => office.message({ ...claims, jti: 7 }), 422],
    ['an empty id', () => office.message({ ...claims, jti: '' }), 422],
    ['an unknown kind', () => office.message({ ...claims, kind: 'gossip' }), 422],
    ['a kind of the prototype', () => office.message({ ...claims, kind: 'constructor' }), 422],
    ['no sender', () => office.message({ ...claims, from: undefined }), 422],
    ['a body that is none', () => office.message({ ...claims, body: 'completed' }), 422],
  ])('%s', async (_name, make, status) => {
    const response = await post(await make());
    expect([response.status, response.headers.get('Content-Type')]).toEqual([status, 'application/problem+json']);
    expect(handled).toEqual([]);
  });

  test.each(['application/json', 'text/plain', '', 'application/jose+json'])('the content type %p', async (type) => {
    expect((await post(await office.message(claims), { 'Content-Type': type })).status).toBe(415);
    expect(handled).toEqual([]);
  });

  test('what is larger than any order', async () => {
    expect((await post(new Uint8Array(4 * 1024 * 1024 + 1).fill(97))).status).toBe(413);
  });

  test('whatever bytes come', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.string().map((text) => Buffer.from(text)),
      jwsLike,
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (body) => {
        expect((await post(Uint8Array.from(body))).status).toBe(401);
      }),
      { numRuns: 300 },
    );
    expect([handled, faults]).toEqual([[], []]);
  });

  test('a message of which any byte is another', async () => {
    const good = await office.message(claims);
    const places = fc.record({ at: fc.nat(good.length - 1), by: fc.integer({ min: 33, max: 126 }) });
    await fc.assert(
      fc.asyncProperty(places, async ({ at, by }) => {
        const other = good.slice(0, at) + String.fromCharCode(by) + good.slice(at + 1);
        fc.pre(other !== good);
        expect((await post(other)).status).toBe(401);
      }),
      { numRuns: 200 },
    );
    expect(handled).toEqual([]);
  });

  test('another method, another path', async () => {
    expect((await site.fetch(new Request('http://site/messages'))).status).toBe(405);
    expect((await site.fetch(new Request('http://site/.well-known/jwks.json', { method: 'POST' }))).status).toBe(405);
    expect((await site.fetch(new Request('http://site/elsewhere'))).status).toBe(404);
  });
});

test('times of a minute, and messages of months ago, are taken: the office sends the same bytes until they are receipted', async () => {
  for (const iat of [now() + 60, now() - 300 * 86_400])
    expect((await post(await office.message({ ...claims, iat }))).status).toBe(200);
});

test('the content type may have parameters and capitals', async () => {
  expect((await post(await office.message(claims), { 'Content-Type': 'Application/JOSE; x=y' })).status).toBe(200);
});

describe('when it cannot be handled', () => {
  test.each<[string, () => SiteAnswer]>([
    [
      'the handler throws',
      () => {
        throw new Error('no stock table');
      },
    ],
    ['the handler gives a verdict of another kind', () => ({ verdict: 'scheduled', body: { deliverAt: 'x' } })],
  ])('%s: 500 without a word of it, nothing receipted', async (_name, given) => {
    answer = given;
    const response = await post(await office.message(claims));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('stock');
    expect(faults).toHaveLength(1);
  });

  test("the office's keys are away: 503, and good again when they are back", async () => {
    office.isUp = false;
    const message = await office.message(claims);
    expect((await post(message)).status).toBe(503);
    office.isUp = true;
    expect((await post(message)).status).toBe(200);
    expect(handled).toHaveLength(1);
  });
});

describe('a message that comes again', () => {
  test('has the very same receipt where receipts are kept, and is handled once', async () => {
    const kept = new Map<string, string>();
    site = makeSite({
      receipts: {
        find: async (digest) => kept.get(digest),
        keep: async (digest, _message, receipt) => kept.get(digest) ?? (kept.set(digest, receipt), receipt),
      },
    });
    const message = await office.message(claims);
    const receipts = [await post(message), await post(message), await post(message)];
    expect(new Set(await Promise.all(receipts.map((one) => one.text()))).size).toBe(1);
    expect(handled).toHaveLength(1);
    // Signed anew by another key it is another text: the receipt names that one's digest.
    await post(await office.message({ ...claims, iat: now() - 10 }));
    expect([handled.length, kept.size]).toEqual([2, 2]);
  });

  test('has another receipt where the key of the one that was kept is lost: nobody could verify that one', async () => {
    const kept = new Map<string, string>();
    const receipts: ReceiptStore = {
      find: async (digest) => kept.get(digest),
      keep: async (digest, _message, receipt) => kept.get(digest) ?? (kept.set(digest, receipt), receipt),
    };
    const lost = await loadSiteKey(join(folder, 'keys/lost.json'));
    site = makeSite({ receipts, signingKey: lost });
    const message = await office.message(claims);
    expect((await post(message)).status).toBe(200);
    site = makeSite({ receipts });
    await readReceipt(await post(message));
    await readReceipt(await post(message));
  });

  test('has the receipt that was kept first when both came at once', async () => {
    site = makeSite({ receipts: { find: async () => undefined, keep: async () => 'the.first.one' } });
    expect(await (await post(await office.message(claims))).text()).toBe('the.first.one');
  });
});

describe('keys', () => {
  test('of the office are read once for many messages, again for one that is not known, at most every few seconds', async () => {
    const before = office.keysRead;
    const beganAt = Date.now();
    await post(await office.message(claims));
    await post(await office.message(claims));
    expect(office.keysRead - before).toBe(1);
    for (let tries = 0; tries < 5; tries++) await post(await office.message(claims, { kid: `guess-${tries}` }));
    const seconds = Math.floor((Date.now() - beganAt) / 1_000);
    expect(office.keysRead - before).toBeLessThanOrEqual(1 + seconds);
  });

  test('of the office may be exchanged', async () => {
    await office.rotate();
    expect((await post(await office.message(claims))).status).toBe(200);
    await office.rotate({ revoke: true });
    site = makeSite();
    expect((await post(await office.message(claims))).status).toBe(200);
  });

  test('of the site are made once, for its user only', async () => {
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(await (await loadSiteKey(keyFile)).publicJwks()).toEqual(await signingKey.publicJwks());
  });

  test('of the site are published by their public halves, the former ones after a rotation too', async () => {
    const published = async () => {
      const response = await site.fetch(new Request('http://site/.well-known/jwks.json'));
      return (await response.json()) as { keys: Record<string, unknown>[] };
    };
    const [former] = (await published()).keys;
    const old = await post(await office.message(claims));
    await rotateSiteKey(keyFile);
    const { keys } = await published();
    expect(keys.map(({ kid }) => kid)).toEqual([expect.any(String), former?.['kid']]);
    for (const key of keys) expect(Object.keys(key).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    for (const receipt of [old, await post(await office.message(claims))]) await readReceipt(receipt);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['no JSON', 'hello'],
    [
      'an EC key',
      async () => JSON.stringify({ ...(await exportJWK((await generateKeyPair('ES256')).publicKey)), kid: 'x' }),
    ],
    ['a public key only', JSON.stringify({ kty: 'OKP', crv: 'Ed25519', kid: 'x', x: 'x'.repeat(43) })],
    ['no key', '{"keys": []}'],
  ])('a file that holds %s is refused', async (_name, content) => {
    const file = join(folder, 'bad.json');
    writeFileSync(file, typeof content === 'string' ? content : await content());
    await expect(loadSiteKey(file)).rejects.toThrow(/JSON|Ed25519/);
  });
});

describe('on a real server', () => {
  let server: Server;
  afterEach(() => new Promise((resolve) => server.close(resolve)));
  const listen = async (made: Server) => {
    server = made.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  test.each([
    ['node:http', () => createServer(site.listener)],
    [
      'Express',
      () =>
        createServer(
          express()
            .use(site.listener)
            .get('/mine', (_request, response) => void response.send('page')),
        ),
    ],
  ])('of %s', async (name, make) => {
    const url = await listen(make());
    const headers = { 'Content-Type': 'application/jose' };
    const response = await fetch(`${url}/messages`, { method: 'POST', headers, body: await office.message(claims) });
    expect((await readReceipt(response)).payload).toMatchObject({ verdict: 'received' });
    expect(await (await fetch(`${url}/.well-known/jwks.json`)).json()).toEqual(await signingKey.publicJwks());
    expect((await fetch(`${url}/mine`)).status).toBe(name === 'Express' ? 200 : 404);
    const tooLarge = await fetch(`${url}/messages`, { method: 'POST', headers, body: 'a'.repeat(5 * 1024 * 1024) });
    expect(tooLarge.status).toBe(413);
  });

  test.each(['TRACE', 'GET'])('%s with an odd target does no harm', async (method) => {
    const url = await listen(createServer(site.listener));
    const { port } = new URL(url);
    const status = await new Promise((resolve, reject) => {
      httpRequest({ port, host: '127.0.0.1', method, path: '//[' }, ({ statusCode }) => resolve(statusCode))
        .on('error', reject)
        .end();
    });
    expect([400, 404]).toContain(status);
  });
});

test('kinds and verdicts are those of the office', () => {
  const same: typeof DOMAIN_VERDICTS = VERDICTS;
  expect(Object.keys(same)).toHaveLength(8);
});
