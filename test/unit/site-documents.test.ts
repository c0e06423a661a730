import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { createLocalJWKSet } from 'jose';
import {
  loadSiteKey,
  readInstruction,
  signInstruction,
  verifyEcheck,
  verifyInstruction,
  type Instruction,
  type Office,
  type SiteKey,
} from '../../client/site.ts';
import { goodClaims, startOfficeDouble, type OfficeDouble } from '../support/office-double.ts';

/* The documents that sites judge offline: the check, and the instruction of the seller. */

const folder = mkdtempSync(join(tmpdir(), 'site-'));
let double: OfficeDouble;
let office: Office;
let key: SiteKey;

beforeAll(async () => {
  double = await startOfficeDouble();
  office = { issuer: double.issuer, jwksUrl: double.jwksUrl };
  key = await loadSiteKey(join(folder, 'key.json'));
});
afterAll(async () => {
  await double.close();
  rmSync(folder, { recursive: true });
});

describe('a check', () => {
  const good = goodClaims();
  const now = good.iat;
  const sign = (change: object = {}, header: object = {}) =>
    double.sign({ ...good, ...change }, { typ: 'echeck+jwt', ...header });
  const judge = (jws: string) => verifyEcheck(jws, { office, sellerId: 'seller-x' });

  test('says what it promises', async () => {
    expect(await judge(await sign({ cnf: { jkt: 'a terminal' } }))).toEqual({
      valid: true,
      check: {
        number: 'check-1',
        orderId: 'order-1',
        sellerId: 'seller-x',
        distributorId: 'distributor-y',
        buyerId: 'buyer-ada',
        terminalId: 'till-1',
        charge: { amount: 1890, currency: 'EUR' },
        issuedAt: new Date(now * 1000),
        expiresAt: new Date((now + 3600) * 1000),
        terminalKey: 'a terminal',
      },
    });
  });

  test.each<[string, () => Promise<string>, string]>([
    ['made out to another seller', () => sign({ aud: 'seller-y' }), 'wrong_payee'],
    ['whose time is over', () => sign({ exp: now - 1 }), 'expired'],
    ['whose time has not begun', () => sign({ nbf: Math.floor(Date.now() / 1000) + 60 }), 'expired'],
    ['without a beginning', () => sign({ nbf: undefined }), 'expired'],
    ['without an end', () => sign({ exp: undefined }), 'bad_signature'],
    ['of another issuer', () => sign({ iss: 'elsewhere' }), 'bad_signature'],
    ['of another type', () => sign({}, { typ: 'party-message+jwt' }), 'bad_signature'],
    ['of an unknown key', () => sign({}, { kid: 'nobody' }), 'bad_signature'],
    ['without a charge', () => sign({ charge: undefined }), 'bad_signature'],
    ['of a negative charge', () => sign({ charge: { amount: -1, currency: 'EUR' } }), 'bad_signature'],
    ['of half a cent', () => sign({ charge: { amount: 1.5, currency: 'EUR' } }), 'bad_signature'],
    ['without a terminal', () => sign({ terminal: undefined }), 'bad_signature'],
    ['whose terminal is not named', () => sign({ terminal: { buyerId: 'buyer-ada' } }), 'bad_signature'],
    ['for two sellers', () => sign({ aud: ['seller-x', 'seller-y'] }), 'bad_signature'],
    ['that is none', async () => 'hello', 'bad_signature'],
  ])('%s is refused', async (_name, make, reason) => {
    expect(await judge(await make())).toEqual({ valid: false, reason });
  });

  test('no character of it can be another', async () => {
    const jws = await sign();
    const places = fc.record({
      at: fc.nat(jws.length - 1),
      by: fc.constantFrom('A', 'B', 'b', 'c', '0', '9', '-', '_', '.'),
    });
    await fc.assert(
      fc.asyncProperty(places, async ({ at, by }) => {
        fc.pre(jws[at] !== by);
        expect(await judge(jws.slice(0, at) + by + jws.slice(at + 1))).toMatchObject({ valid: false });
      }),
      { numRuns: 60 },
    );
  });

  test('nobody judges it while the keys cannot be read', async () => {
    double.isUp = false;
    const elsewhere = { ...office };
    await expect(verifyEcheck(await sign(), { office: elsewhere, sellerId: 'seller-x' })).rejects.toThrow(/200/);
    double.isUp = true;
  });
});

describe('an instruction', () => {
  const said: Instruction = {
    issuer: 'seller-x',
    distributorId: 'distributor-y',
    orderId: 'order-1',
    lines: [{ sku: 'linen-1m', name: 'Linen', quantity: 2, weightGrams: 300 }],
    deliverTo: { name: 'Ada', street: 'Lindenweg 4', city: 'Köln', postalCode: '50667', country: 'DE' },
  };
  const judge = async (jws: string, asked: { distributorId?: string; orderId?: string; issuer?: string } = {}) => {
    const keys = createLocalJWKSet(await key.publicJwks());
    const keysOf = (issuer: string) => (issuer === 'seller-x' ? keys : undefined);
    return verifyInstruction(jws, { distributorId: 'distributor-y', orderId: 'order-1', keysOf, ...asked });
  };

  test('says what its seller said', async () => {
    const jws = await signInstruction(key, said);
    expect(await judge(jws)).toEqual(said);
    expect(readInstruction(jws)).toEqual(said);
  });

  test('is the same text for the same words at the same time', async () => {
    const at = new Date();
    expect(await signInstruction(key, said, at)).toBe(await signInstruction(key, said, at));
  });

  test.each<[string, Partial<Instruction>, object]>([
    ['to another distributor', { distributorId: 'distributor-z' }, {}],
    ['of another order', { orderId: 'order-2' }, {}],
    ['of an unknown seller', { issuer: 'seller-y' }, {}],
    ['without lines', { lines: [] }, {}],
    ['of a line without weight', { lines: [{ sku: 'a', quantity: 1, weightGrams: 0 }] }, {}],
    ['of half a piece', { lines: [{ sku: 'a', quantity: 0.5, weightGrams: 1 }] }, {}],
    ['asked for another order', {}, { orderId: 'order-2' }],
    ['asked by another distributor', {}, { distributorId: 'distributor-z' }],
  ])('%s is none', async (_name, change, asked) => {
    expect(await judge(await signInstruction(key, { ...said, ...change }), asked)).toBeUndefined();
  });

  test('may leave out of which order it is, and who has signed it: then it is as the message says', async () => {
    const { lines, deliverTo } = said;
    const jws = await key.sign('instruction+jwt', { aud: 'distributor-y', lines, deliverTo });
    expect(await judge(jws, { issuer: 'seller-x' })).toEqual(said);
    expect(await judge(jws, { issuer: 'seller-y' })).toBeUndefined();
    expect(await judge(jws)).toBeUndefined();
    expect(readInstruction(jws)).toBeUndefined();
    expect(readInstruction(jws, { issuer: 'seller-x', orderId: 'order-1' })).toEqual(said);
  });

  test('of another type, or signed by somebody else, is none', async () => {
    const payload = {
      iss: 'seller-x',
      aud: 'distributor-y',
      sub: 'order-1',
      lines: said.lines,
      deliverTo: said.deliverTo,
    };
    expect(await judge(await key.sign('party-receipt+jwt', payload))).toBeUndefined();
    expect(await judge(await double.sign(payload, { typ: 'instruction+jwt' }))).toBeUndefined();
    expect(await judge('hello')).toBeUndefined();
  });
});
