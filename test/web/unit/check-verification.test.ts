import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newTerminalKey } from '../../../client/presentation.ts';
import { boundTo } from '../../../web/buyer/presenting.ts';
import { readFate, verifyCheck, type CheckVerdict } from '../../../web/check/verification.ts';
import { goodClaims, startOfficeDouble, type OfficeDouble } from '../../support/office-double.ts';

/* What the drawn check rests on: verified by the office's keys alone, against the order that is shown. */

let office: OfficeDouble;
beforeAll(async () => {
  office = await startOfficeDouble();
});
afterAll(() => office.close());

const now = Math.floor(Date.now() / 1000);
const good = goodClaims();
const order = {
  id: 'order-1',
  buyerId: 'buyer-ada',
  sellerId: 'seller-x',
  distributorId: 'distributor-y',
  charge: { amount: 1890, currency: 'EUR' } as const,
  echeck: { number: 'check-1' },
};

const sign = (change: object = {}, header: object = {}): Promise<string> =>
  office.sign({ ...good, ...change }, { typ: 'echeck+jwt', ...header });
const verdictOn = (jws: string, about: typeof order = order): Promise<CheckVerdict> =>
  verifyCheck(jws, { order: about, jwksUrl: office.jwksUrl });

describe('a check in the browser', () => {
  test('is verified, and says what was signed', async () => {
    expect(await verdictOn(await sign())).toMatchObject({
      verified: true,
      time: 'good',
      check: { number: 'check-1', sellerId: 'seller-x', charge: good.charge },
      signature: { issuer: 'countersign' },
    });
  });

  test.each([
    ['over', { exp: now - 1 }],
    ['not_yet', { nbf: now + 600 }],
  ])('is verified also when its time is %s, and says so', async (time, change) => {
    expect(await verdictOn(await sign(change))).toMatchObject({ verified: true, time });
  });

  test.each<[string, object]>([
    ['number', { jti: 'check-2' }],
    ['order', { order: 'order-2' }],
    ['payee', { aud: 'seller-z' }],
    ['drawer', { terminal: { buyerId: 'buyer-bob', terminalId: 'till-1' } }],
    ['distributor', { distributor: 'distributor-z' }],
    ['amount', { charge: { amount: 1891, currency: 'EUR' } }],
    ['currency', { charge: { amount: 1890, currency: 'USD' } }],
  ])('of another %s than the order is not verified, and says why', async (what, change) => {
    expect(await verdictOn(await sign(change))).toEqual({
      verified: false,
      why: expect.stringContaining(`another ${what}.`),
    });
  });

  test('is not verified with any other signature, type, content or form', async () => {
    const jws = await sign();
    const [head = '', body = '', signature = ''] = jws.split('.');
    const other = body.replace(/^..../, (start) => start.toLowerCase());
    const bad = [
      await sign({}, { typ: 'JWT' }),
      `${head}.${body}.${signature.slice(0, -4)}AAAA`,
      `${head}.${other === body ? body.slice(4) : other}.${signature}`,
      `${jws}=`,
      'no.jws',
      '',
    ];
    for (const one of bad) expect(await verdictOn(one)).toMatchObject({ verified: false });
  });

  test('is neither verified nor refused while the keys cannot be read', async () => {
    const jwksUrl = 'http://127.0.0.1:9/.well-known/jwks.json';
    await expect(verifyCheck(await sign(), { order, jwksUrl })).rejects.toThrow('fetch failed');
    await expect(readFate(await sign(), jwksUrl)).rejects.toThrow('fetch failed');
  });
});

describe('who presents a check', () => {
  test('is whoever has the key to which it is bound, or any terminal where it is bound to none', async () => {
    const { thumbprint } = await newTerminalKey();
    expect(boundTo(await sign())).toBeUndefined();
    expect(boundTo(await sign({ cnf: { jkt: thumbprint } }))).toBe(thumbprint);
    expect(boundTo('no check')).toBeUndefined();
  });
});
