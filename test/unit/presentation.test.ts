import { describe, expect, test } from '@jest/globals';
import { base64url, decodeProtectedHeader } from 'jose';
import { checkDigest, isAnybodysKey, openPresentation } from '../../office/checks/presentation.ts';
import { digestOf, testTerminal } from '../support/terminal.ts';

/* What a bound terminal's signed message must be, and how little of it may change. */

const NOW = new Date('2026-11-29T12:00:00Z');
const ECHECK = 'aGVhZGVy.cGF5bG9hZA.c2lnbmF0dXJl';
const DELIVER_TO = { name: 'Ada', street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' };
const LINES = [{ sku: 'rye-1kg', quantity: 3 }];
const GOOD = { digest: digestOf(ECHECK), lines: LINES, deliverTo: DELIVER_TO };

const [terminal, stranger] = [await testTerminal(), await testTerminal()];
const open = (jws: string, key = terminal.terminalKey) => openPresentation(jws, key, NOW);
const opened = async (claims: Record<string, unknown>, header = {}) => open(await terminal.sign(claims, header));

describe('the signed presentation of a bound terminal', () => {
  test('says which check, goods and address', async () => {
    expect(await opened(GOOD)).toEqual({ digest: checkDigest(ECHECK), lines: LINES, deliverTo: DELIVER_TO });
  });

  test.each<[string, Record<string, unknown>]>([
    ['by the digest, called digest', { digest: digestOf(ECHECK) }],
    ['by the digest, called echeckDigest', { echeckDigest: digestOf(ECHECK) }],
    ['by the digest, called echeck', { echeck: digestOf(ECHECK) }],
    ['by itself', { echeck: ECHECK }],
    ['by itself and by its digest', { digest: digestOf(ECHECK), echeck: ECHECK }],
    ['with the time of its signing', { echeck: ECHECK, iat: Math.floor(NOW.getTime() / 1000) }],
  ])('names the check %s', async (_how, named) => {
    expect(await opened({ ...named, lines: LINES, deliverTo: DELIVER_TO })).toMatchObject({ digest: digestOf(ECHECK) });
  });

  test.each<[string, object]>([
    ['no key', { jwk: undefined }],
    ['the thumbprint as kid', { jwk: undefined, kid: terminal.thumbprint }],
    ['a kid that its terminal likes', { kid: 'till-7' }],
  ])('may have %s in its header', async (_what, header) => {
    expect(await opened(GOOD, header)).toBeDefined();
  });

  test.each<[string, Record<string, unknown>, object]>([
    ['of another type', GOOD, { typ: 'JWT' }],
    ['of no type', GOOD, { typ: undefined }],
    ['with another key in its header', GOOD, { jwk: { ...stranger.terminalKey } }],
    ['that names no check', { lines: LINES, deliverTo: DELIVER_TO }, {}],
    ['that names two checks', { ...GOOD, echeck: 'other.check.text' }, {}],
    ['without lines', { ...GOOD, lines: undefined }, {}],
    ['with no line', { ...GOOD, lines: [] }, {}],
    ['with lines that are none', { ...GOOD, lines: ['rye-1kg'] }, {}],
    ['without an address', { ...GOOD, deliverTo: undefined }, {}],
    ['whose own time is over', { ...GOOD, exp: NOW.getTime() / 1000 - 1 }, {}],
    ['that was signed in the future', { ...GOOD, iat: NOW.getTime() / 1000 + 301 }, {}],
    ['whose own time is yet to come', { ...GOOD, nbf: NOW.getTime() / 1000 + 60 }, {}],
  ])('is none %s', async (_what, claims, header) => {
    expect(await opened(claims, header)).toBeUndefined();
  });

  test('is by no other key, whatever its header says', async () => {
    for (const header of [{}, { jwk: { ...terminal.terminalKey } }, { kid: terminal.thumbprint, jwk: undefined }])
      expect(await open(await stranger.sign(GOOD, header))).toBeUndefined();
  });

  test('has no algorithm but EdDSA', async () => {
    const [, payload = ''] = (await terminal.sign(GOOD)).split('.');
    for (const alg of ['none', 'HS256']) {
      const header = base64url.encode(JSON.stringify({ alg, typ: 'presentation+jwt' }));
      for (const signature of ['', 'AAAA']) expect(await open(`${header}.${payload}.${signature}`)).toBeUndefined();
    }
  });

  test('cannot have one character changed', async () => {
    const jws = await terminal.sign(GOOD);
    expect(decodeProtectedHeader(jws).typ).toBe('presentation+jwt');
    for (let at = 0; at < jws.length; at += 1) {
      const changed = jws[at] === 'A' ? 'B' : 'A';
      if (jws[at] === '.') continue;
      expect(await open(jws.slice(0, at) + changed + jws.slice(at + 1))).toBeUndefined();
    }
  });

  test.each(['', '.', '..', 'a.b', 'a.b.c.d', 'a.b.c', 'ä.ö.ü'])('is not %j', async (jws) => {
    expect(await open(jws)).toBeUndefined();
  });
});

describe('a point of small order', () => {
  const keyOf = (hex: string) =>
    ({ kty: 'OKP', crv: 'Ed25519', x: base64url.encode(Buffer.from(hex, 'hex')) }) as const;

  test.each([
    ['00'.repeat(32)],
    [`01${'00'.repeat(31)}`],
    [`01${'00'.repeat(30)}80`],
    ['26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
    ['26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'],
    ['c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
    [`ec${'ff'.repeat(30)}7f`],
    [`ed${'ff'.repeat(30)}7f`],
    [`ee${'ff'.repeat(31)}`],
  ])('%s is recognised', (hex) => {
    expect(isAnybodysKey(keyOf(hex))).toBe(true);
  });

  test('is not what a terminal makes', () => {
    for (const { terminalKey } of [terminal, stranger]) expect(isAnybodysKey(terminalKey)).toBe(false);
  });
});
