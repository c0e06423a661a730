import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CompactSign, generateKeyPair } from 'jose';
import { VERDICTS, type MessageKind } from '../../domain/party-messages.ts';
import { judgeReceipt, type Receipted } from '../../office/messages/receipt.ts';
import type { KeyFinder } from '../../office/messages/signed.ts';
import { signed, signingPair, type Claims, type SigningPair } from './site-server.ts';

/* Which text is a receipt of a message, and which is none, whatever it pretends. */

const NOW = Date.parse('2026-11-28T12:00:00Z');
const NOW_SECONDS = NOW / 1000;
const ORDER = 'order-01jdq3p8w0abcdefghjkmnpqrs';
const message: Receipted = {
  id: `${ORDER}:instruction`,
  kind: 'instruction',
  to: 'distributor-rail',
  issuer: 'countersign',
  digest: 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg',
  sentAtMs: NOW,
};
const GOOD: Claims = {
  iss: 'distributor-rail',
  aud: 'countersign',
  iat: NOW_SECONDS,
  message: message.id,
  digest: message.digest,
  verdict: 'scheduled',
  body: { deliverAt: '2026-12-02T11:00:00+01:00' },
};
const HEADER: Claims = { typ: 'party-receipt+jwt', kid: 'rail-1' };

let own: SigningPair;
let other: SigningPair;
beforeAll(async () => {
  [own, other] = await Promise.all([signingPair('rail-1'), signingPair('rail-2')]);
});

const keyFor: KeyFinder = async (kid) => (kid === 'rail-1' || kid === undefined ? [own.publicKey] : []);

function judge(jws: string, of: Partial<Receipted> = {}) {
  return judgeReceipt(jws, { message: { ...message, ...of }, keyFor, nowMs: NOW });
}
const judgeClaims = async (claims: Claims, of: Partial<Receipted> = {}) =>
  judge(await signed(claims, HEADER, own.privateKey), of);

test('a good receipt says what its party answers, when it did, and with which key', async () => {
  expect(await judgeClaims(GOOD)).toEqual({
    ok: true,
    answer: { verdict: 'scheduled', deliverAt: '2026-12-02T10:00:00.000Z' },
    issuedAtMs: NOW,
    key: { kty: 'OKP', crv: 'Ed25519', x: own.jwk.x, kid: 'rail-1' },
  });
});

test.each([
  ['an audience as an array of one', { ...GOOD, aud: ['countersign'] }],
  ['what a later version may add', { ...GOOD, nonce: 'x', body: { deliverAt: '2026-12-02T10:00:00Z', driver: 'Kim' } }],
  ['a clock that is five minutes ahead', { ...GOOD, iat: NOW_SECONDS + 300 }],
  ['a clock that is five minutes behind', { ...GOOD, iat: NOW_SECONDS - 300 }],
  ['parts of a second', { ...GOOD, iat: NOW_SECONDS + 0.5 }],
])('%s is no fault', async (_what, claims) => {
  expect(await judgeClaims(claims)).toMatchObject({ ok: true });
});

test('a receipt of long ago is good: it was given to an earlier try', async () => {
  const claims = { ...GOOD, iat: NOW_SECONDS - 40 * 86_400 };
  expect(await judgeClaims(claims, { sentAtMs: NOW - 41 * 86_400_000 })).toMatchObject({ ok: true });
});

describe('what a receipt says about its own time counts', () => {
  const judgePeriod = async (claims: Claims, isNew: boolean) =>
    judgeReceipt(await signed({ ...GOOD, ...claims }, HEADER, own.privateKey), { message, keyFor, nowMs: NOW, isNew });

  test.each([
    ['run out', { exp: NOW_SECONDS }, 'run out'],
    ['not yet good', { nbf: NOW_SECONDS + 301 }, 'not good yet'],
  ])('%s: none', async (_what, claims, detail) => {
    expect(await judgePeriod(claims, true)).toEqual({ ok: false, detail: expect.stringContaining(detail) });
  });

  test('one that was kept must have been good when it was signed', async () => {
    const claims = { iat: NOW_SECONDS - 60, exp: NOW_SECONDS - 30, nbf: NOW_SECONDS - 60 };
    expect(await judgePeriod(claims, false)).toMatchObject({ ok: true });
    expect(await judgePeriod(claims, true)).toMatchObject({ ok: false });
  });
});

const without = (member: string): Claims =>
  Object.fromEntries(Object.entries(GOOD).filter(([name]) => name !== member));

describe('a claim that is wrong makes it none', () => {
  test.each([
    ['iss', 'seller-loom', /issued by somebody else \(iss\)/],
    ['iss', 'distributor-rail ', /\(iss\)/],
    ['iss', ['distributor-rail'], /lacks a good iss/],
    ['aud', 'another-office', /\(aud\)/],
    ['aud', ['countersign', 'another'], /lacks a good aud/],
    ['aud', [], /lacks a good aud/],
    ['aud', ['another'], /\(aud\)/],
    ['iat', NOW_SECONDS + 301, /future \(iat\)/],
    ['iat', NOW_SECONDS - 301, /before its message \(iat\)/],
    ['iat', NOW, /future \(iat\)/],
    ['iat', String(NOW_SECONDS), /lacks a good iat/],
    ['iat', -1, /lacks a good iat/],
    ['iat', null, /lacks a good iat/],
    ['message', `${ORDER}:completed`, /another message/],
    ['message', 'order-01jdq3p8w0abcdefghjkmnpqrt:instruction', /another message/],
    ['message', ORDER, /another message/],
    ['digest', 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgh', /digest/],
    ['digest', 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=', /digest/],
    ['digest', '', /digest/],
    ['verdict', 'promised', /none of scheduled, refused, later/],
    ['verdict', 'received', /none of scheduled, refused, later/],
    ['verdict', 'Scheduled', /none of/],
    ['verdict', 'toString', /none of/],
    ['verdict', { toString: 'scheduled' }, /lacks a good verdict/],
    ['body', undefined, /body.deliverAt/],
    ['body', null, /body.deliverAt/],
    ['body', [], /lacks a good body/],
    ['body', 'later', /lacks a good body/],
    ['body', { deliverAt: '2026-12-02' }, /body.deliverAt/],
    ['body', { deliverAt: '2026-12-02T10:00:00' }, /body.deliverAt/],
    ['body', { deliverAt: '2026-02-30T10:00:00Z' }, /body.deliverAt/],
    ['body', { deliverAt: '0001-01-01T00:00:00Z' }, /body.deliverAt/],
    ['body', { deliverAt: NOW }, /body.deliverAt/],
  ])('%s: %j', async (member, value, detail) => {
    expect(await judgeClaims({ ...GOOD, [member]: value })).toEqual({
      ok: false,
      detail: expect.stringMatching(detail),
    });
  });

  test.each(['iss', 'aud', 'iat', 'message', 'digest', 'verdict', 'body'])('no %s', async (member) => {
    expect(await judgeClaims(without(member))).toMatchObject({ ok: false });
  });

  test.each(['null', '[]', '"text"', '7', '{', ''])('a payload that is %s', async (text) => {
    const jws = await new CompactSign(new TextEncoder().encode(text))
      .setProtectedHeader({ alg: 'EdDSA', ...HEADER })
      .sign(own.privateKey);
    expect(await judge(jws)).toMatchObject({ ok: false });
  });
});

describe('what each verdict needs', () => {
  const kinds = Object.keys(VERDICTS) as MessageKind[];
  const bodies: Record<string, Claims> = {
    promised: { instruction: 'e30.e30.e30' },
    refused: { reason: 'sold out' },
    scheduled: { deliverAt: '2026-12-02T10:00:00Z' },
    later: {},
    received: {},
  };
  const all = Object.keys(bodies);
  const cases = kinds.flatMap((kind) => all.map((verdict) => [kind, verdict] as const));

  test.each(cases)('%s: %s', async (kind, verdict) => {
    const allowed = (VERDICTS[kind] as readonly string[]).includes(verdict);
    const judged = await judgeClaims({ ...GOOD, verdict, body: bodies[verdict] }, { kind });
    expect(judged.ok).toBe(allowed);
  });

  test.each([
    ['', 'empty'],
    ['   ', 'more than blanks'],
    ['x'.repeat(501), 'at most 500'],
    ['so\u202Eld out', 'invisible'],
    ['two\nlines', 'control characters'],
    [7, 'must be a text'],
  ])('a refusal must say why, in a text for people: %j', async (reason, detail) => {
    const judged = await judgeClaims({ ...GOOD, verdict: 'refused', body: { reason } });
    expect(judged).toEqual({ ok: false, detail: expect.stringContaining(detail) });
  });

  test('a promise must bring the instruction', async () => {
    for (const body of [{}, { instruction: '' }, { instruction: { lines: [] } }]) {
      const judged = await judgeClaims({ ...GOOD, verdict: 'promised', body }, { kind: 'presentation' });
      // An empty one is judged, and refused, as the instruction that it is.
      expect(judged.ok).toBe(body.instruction === '');
    }
  });
});

describe('who must have signed, and how', () => {
  const judgeSigned = async (header: Claims, key: SigningPair = own) =>
    judge(await signed(GOOD, header, key.privateKey));

  test.each([
    ['another key under the same id', () => judgeSigned(HEADER, other), 'signature'],
    ['a key that its party does not publish', () => judgeSigned({ ...HEADER, kid: 'rail-2' }, other), 'names no key'],
    ['the type of a message', () => judgeSigned({ ...HEADER, typ: 'party-message+jwt' }), 'type'],
    ['the type of a check', () => judgeSigned({ ...HEADER, typ: 'echeck+jwt' }), 'type'],
    ['the type JWT', () => judgeSigned({ ...HEADER, typ: 'JWT' }), 'type'],
    ['another spelling of the type', () => judgeSigned({ ...HEADER, typ: 'Party-Receipt+JWT' }), 'type'],
    ['no type', () => judgeSigned({ kid: 'rail-1' }), 'type'],
    ['a key id that is no text', () => judgeForged({ alg: 'EdDSA', ...HEADER, kid: 7 }), 'header'],
  ])('%s is none', async (_what, judged, detail) => {
    expect(await judged()).toEqual({ ok: false, detail: expect.stringContaining(detail) });
  });

  test('who publishes one key need not name it', async () => {
    expect(await judgeSigned({ typ: HEADER['typ'] })).toMatchObject({ ok: true, key: { x: own.jwk.x } });
  });

  test('the key that a header brings along is not looked at', async () => {
    expect(await judgeSigned({ ...HEADER, jwk: other.jwk }, other)).toMatchObject({ ok: false });
  });

  test('an extension that must be understood, and is not, makes it none', async () => {
    const header = { alg: 'EdDSA', ...HEADER, crit: ['exp'], exp: 1 };
    expect(await judgeForged(header)).toMatchObject({ ok: false });
  });

  test('an extension that a JWT may not have makes it none, although libraries know it', async () => {
    const header = { ...HEADER, crit: ['b64'], b64: true };
    expect(await judgeSigned(header)).toEqual({ ok: false, detail: expect.stringContaining('header') });
  });

  test('of several keys that may have signed, whichever did', async () => {
    const jws = await signed(GOOD, { typ: HEADER['typ'] }, own.privateKey);
    const both: KeyFinder = async () => [other.publicKey, own.publicKey];
    expect(await judgeReceipt(jws, { message, keyFor: both, nowMs: NOW })).toMatchObject({ key: { x: own.jwk.x } });
    const others: KeyFinder = async () => [other.publicKey, other.publicKey];
    expect(await judgeReceipt(jws, { message, keyFor: others, nowMs: NOW })).toMatchObject({ ok: false });
  });

  /** A header that no library would sign, with the payload of a good one. */
  function judgeForged(header: Claims) {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    return judge(`${part(header)}.${part(GOOD)}.${Buffer.alloc(64).toString('base64url')}`);
  }

  test('no signature, and one by the public key as a secret, are none', async () => {
    const secret = Buffer.from(String(own.jwk.x), 'base64url');
    const hmac = await signed(GOOD, { ...HEADER, alg: 'HS256' }, secret);
    expect(await judge(hmac)).toEqual({ ok: false, detail: 'is not signed with EdDSA' });
    expect(await judgeForged({ alg: 'none', ...HEADER })).toMatchObject({ ok: false });
    const good = await signed(GOOD, HEADER, own.privateKey);
    expect(await judge(good.replace(/[^.]+$/, ''))).toMatchObject({ ok: false });
  });

  test('another kind of key is none', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const jws = await signed(GOOD, { ...HEADER, alg: 'ES256' }, privateKey);
    expect(await judge(jws)).toEqual({ ok: false, detail: 'is not signed with EdDSA' });
  });
});

test.each(['', '.', '..', 'a.b', 'a.b.c.d', '{}', 'ok', '\u0000', 'null', `${'a'.repeat(100_000)}.b.c`])(
  'no receipt: %.20j',
  async (text) => {
    expect(await judge(text)).toMatchObject({ ok: false });
  },
);

test('with any character changed, left out or put in it is no receipt', async () => {
  const good = await signed(GOOD, HEADER, own.privateKey);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n';
  const edit = fc.record({
    at: fc.nat({ max: good.length - 1 }),
    by: fc.constantFrom(...Array.from(alphabet)),
    how: fc.constantFrom('change', 'leave out', 'put in'),
  });
  await fc.assert(
    fc.asyncProperty(edit, async ({ at, by, how }) => {
      const rest = how === 'put in' ? good.slice(at) : good.slice(at + 1);
      const changed = good.slice(0, at) + (how === 'leave out' ? '' : by) + rest;
      fc.pre(changed !== good);
      expect(await judge(changed)).toMatchObject({ ok: false });
    }),
    { numRuns: 400 },
  );
});
