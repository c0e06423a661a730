import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exportSPKI } from 'jose';
import { verifyCheckWith, type Verification } from '../../office/checks/jws.ts';
import {
  claims,
  encoded,
  IDX,
  ISSUER,
  KID,
  newKey,
  NOW,
  payload,
  sign,
  STATUS_URI,
  type TestKey,
} from './echeck-support.ts';

let key: TestKey;
let check: string;
beforeAll(async () => {
  key = await newKey();
  check = await sign(key.privateKey);
});

function verify(jws: string, now = NOW): Promise<Verification> {
  const keyFor = async (kid: string) => (kid === KID ? key.publicKey : undefined);
  return verifyCheckWith(jws, { keyFor, issuer: ISSUER, now: () => now });
}

async function reasonOf(jws: string, now?: number): Promise<string> {
  const verified = await verify(jws, now);
  return verified.ok ? 'valid' : verified.reason;
}

function withByte(bytes: Buffer, position: number, value: number): string {
  const changed = Buffer.from(bytes);
  changed[position] = value;
  return changed.toString('latin1');
}

describe('a check of this office', () => {
  test('verifies, and says what was signed', async () => {
    expect(await verify(check)).toEqual({ ok: true, claims, kid: KID, statusList: { idx: IDX, uri: STATUS_URI } });
  });

  test('that is bound to a terminal names its key', async () => {
    const cnf = { jkt: 'T'.repeat(43) };
    const verified = await verify(await sign(key.privateKey, { ...payload, cnf }));
    expect(verified).toMatchObject({ ok: true, claims: { ...claims, cnf } });
  });

  test('is valid from its first second to the one before it expires', async () => {
    const expiry = payload.exp * 1000;
    expect(await reasonOf(check, payload.nbf * 1000)).toBe('valid');
    expect(await reasonOf(check, expiry - 1)).toBe('valid');
    expect(await reasonOf(check, expiry)).toBe('expired');
    expect(await reasonOf(check, expiry + 1)).toBe('expired');
  });

  test('is not valid long before its time, but a clock may run a little behind', async () => {
    expect(await reasonOf(check, payload.nbf * 1000 - 5_000)).toBe('valid');
    expect(await reasonOf(check, payload.nbf * 1000 - 5_001)).toBe('expired');
  });
});

describe('a changed check is refused', () => {
  test('whichever byte becomes whichever other byte', async () => {
    const bytes = Buffer.from(check, 'latin1');
    const believed: string[] = [];
    for (const [position, byte] of bytes.entries()) {
      const others = Array.from({ length: 256 }, (_, value) => value).filter((value) => value !== byte);
      const reasons = await Promise.all(others.map((value) => reasonOf(withByte(bytes, position, value))));
      if (reasons.some((reason) => reason !== 'bad_signature')) believed.push(`${position}: ${reasons.join()}`);
    }
    expect(believed).toEqual([]);
  });

  test('whichever other character stands at the end of a part, where base64url leaves bits unused', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=';
    const ends = [check.indexOf('.') - 1, check.lastIndexOf('.') - 1, check.length - 1];
    for (const end of ends) {
      for (const character of alphabet.replace(check[end] ?? '', '')) {
        expect(await reasonOf(check.slice(0, end) + character + check.slice(end + 1))).toBe('bad_signature');
      }
    }
  });

  test('whatever is put in, taken out or replaced anywhere', async () => {
    const position = fc.nat({ max: 5_000 });
    const change = fc.record({
      position,
      removed: fc.integer({ min: 0, max: 3 }),
      inserted: fc.string({ maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ position: at, removed, inserted }) => {
        const start = at % (check.length + 1);
        const changed = check.slice(0, start) + inserted + check.slice(start + removed);
        fc.pre(changed !== check);
        expect(await reasonOf(changed)).toBe('bad_signature');
      }),
      { numRuns: 500 },
    );
  });

  test('whatever else is put in its place', async () => {
    const anything = fc.oneof(
      fc.string(),
      fc.jsonValue().map((json) => `${encoded(json)}.${encoded(json)}.AAAA`),
    );
    await fc.assert(fc.asyncProperty(anything, async (text) => expect(await reasonOf(text)).toBe('bad_signature')));
  });
});

describe('a forged check is refused', () => {
  test('signed with a foreign key under the id of ours', async () => {
    const foreign = await newKey();
    expect(await reasonOf(await sign(foreign.privateKey))).toBe('bad_signature');
  });

  test('signed with a key that the check brings along', async () => {
    const foreign = await newKey();
    expect(await reasonOf(await sign(foreign.privateKey, payload, { jwk: foreign.jwk }))).toBe('bad_signature');
    expect(await reasonOf(await sign(key.privateKey, payload, { jwk: key.jwk }))).toBe('bad_signature');
  });

  test('signed with a key of an unknown id', async () => {
    expect(await reasonOf(await sign(key.privateKey, payload, { kid: 'key-2' }))).toBe('bad_signature');
  });

  test('not signed at all: alg none', async () => {
    const header = encoded({ alg: 'none', typ: 'echeck+jwt', kid: KID });
    for (const signature of ['', 'AA', check.split('.')[2]]) {
      expect(await reasonOf(`${header}.${encoded(payload)}.${signature}`)).toBe('bad_signature');
    }
  });

  test('signed by HMAC with the public key as its secret', async () => {
    const secrets = [
      await exportSPKI(key.publicKey),
      Buffer.from(key.jwk.x ?? '', 'base64url'),
      JSON.stringify(key.jwk),
    ];
    for (const secret of secrets) {
      const signed = `${encoded({ alg: 'HS256', typ: 'echeck+jwt', kid: KID })}.${encoded(payload)}`;
      const signature = createHmac('sha256', secret).update(signed).digest('base64url');
      expect(await reasonOf(`${signed}.${signature}`)).toBe('bad_signature');
    }
  });

  test.each([['JWT'], ['statuslist+jwt'], ['ECHECK+JWT'], ['application/echeck+jwt'], [undefined]])(
    'of type %s, though our key signed it',
    async (typ) => {
      expect(await reasonOf(await sign(key.privateKey, payload, { typ }))).toBe('bad_signature');
    },
  );

  test.each([[['exp']], [['urn:unknown']], [['b64']]])('with the critical extension %s', async (crit) => {
    const header = { crit, [String(crit[0])]: true };
    expect(await reasonOf(await sign(key.privateKey, payload, header))).toBe('bad_signature');
  });
});

describe('what lacks a part is no check, though our key signed it', () => {
  test('each claim by itself (claim 6: charge and terminal information, too)', async () => {
    expect(Object.keys(payload)).toEqual(expect.arrayContaining(['charge', 'terminal']));
    for (const name of Object.keys(payload)) {
      const lacking = Object.fromEntries(Object.entries(payload).filter(([other]) => other !== name));
      expect([name, await reasonOf(await sign(key.privateKey, lacking))]).toEqual([name, 'bad_signature']);
    }
  });

  test.each([
    ['a charge of nothing', { charge: { amount: 0, currency: 'EUR' } }],
    ['a negative charge', { charge: { amount: -1, currency: 'EUR' } }],
    ['a part of a minor unit', { charge: { amount: 0.5, currency: 'EUR' } }],
    ['a bond to nothing', { cnf: {} }],
    ['a bond to a key that is no thumbprint', { cnf: { jkt: 'T' } }],
    ['a charge without currency', { charge: { amount: 100 } }],
    ['an unknown currency', { charge: { amount: 100, currency: 'XXX' } }],
    ['a terminal without a buyer', { terminal: { terminalId: 'terminal-7' } }],
    ['a buyer without a terminal', { terminal: { buyerId: 'buyer-ada' } }],
    ['an empty terminal', { terminal: { buyerId: 'buyer-ada', terminalId: '' } }],
    ['several payees', { aud: ['seller-mill', 'seller-forge'] }],
    ['another issuer', { iss: 'somebody-else' }],
    ['an expiry in words', { exp: '2026-11-01' }],
  ])('%s', async (_name, change) => {
    expect(await reasonOf(await sign(key.privateKey, { ...payload, ...change }))).toBe('bad_signature');
  });
});
