import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { verifyOffline } from '../../cli/verify-offline.ts';
import { CHECK_STATUSES, type CheckRefusal, type CheckStatus } from '../../domain/echeck.ts';
import { createCheckSigning } from '../../office/checks/signing.ts';
import { validateCheck } from '../../office/checks/register.ts';
import { openKeyRing } from '../../office/checks/key-ring.ts';
import { CHECK_LIFETIME_MS, checkOffice, ISSUER, moveCheck, type CheckOffice } from './checks-support.ts';

let office: CheckOffice;
/** One check in every status, of a buyer whose account stays open and of one whose account is frozen. */
let checks: { status: CheckStatus; buyerId: string; jws: string }[];
/** Well signed, by an office of the same name that is not this one. */
let foreign: string;

beforeAll(async () => {
  office = await checkOffice();
  checks = [];
  for (const buyerId of ['buyer-ada', 'buyer-bob']) {
    for (const status of CHECK_STATUSES) {
      const { number, jws } = await office.issue({ buyerId });
      await moveCheck(office, number, status);
      checks.push({ status, buyerId, jws });
    }
  }
  await office.orm.em.fork().execute(`update accounts set status = 'frozen' where id = 'buyer-bob'`);
  foreign = await foreignCheck();
});
afterAll(() => office.close());

async function foreignCheck(): Promise<string> {
  const other = await checkOffice();
  const { jws } = await other.issue();
  await other.close();
  return jws;
}

interface Case {
  readonly jws: string;
  readonly seller: string;
  readonly at: number;
}
type Verdict = CheckRefusal | 'valid';

async function online({ jws, seller, at }: Case): Promise<Verdict> {
  const keyRing = office.keyRing;
  const signing = createCheckSigning({ orm: office.orm, keyRing, issuer: ISSUER, now: () => at });
  const question = { jws, now: new Date(at), acceptedBy: seller };
  const verdict = await validateCheck(office.orm.em.fork(), signing, question);
  return verdict.valid ? 'valid' : verdict.reason;
}

async function offline({ jws, seller, at }: Case): Promise<Verdict> {
  const jwks = await office.keyRing.publicJwks();
  const statusList = () => office.statusList.token();
  const verdict = await verifyOffline(jws, { jwks, statusList, issuer: ISSUER, payee: seller, now: () => at });
  return verdict.valid ? 'valid' : (verdict.reason ?? 'not_found');
}

const MOMENTS = { now: 0, 'the last millisecond': CHECK_LIFETIME_MS - 1000, expiry: CHECK_LIFETIME_MS };

describe('an offline verifier with fresh material says what the check office says', () => {
  test('of a check in every status, on an open and on a frozen account, to every seller', async () => {
    const verdicts = new Set<Verdict>();
    for (const { jws } of checks) {
      for (const seller of ['seller-mill', 'seller-forge']) {
        const asked = { jws, seller, at: office.clock.now };
        const said = await online(asked);
        expect([asked, await offline(asked)]).toEqual([asked, said]);
        verdicts.add(said);
      }
    }
    const seen = ['already_presented', 'account_frozen', 'expired', 'stopped', 'valid', 'voided', 'wrong_payee'];
    expect([...verdicts].toSorted()).toEqual(seen.toSorted());
  });

  test('of any check, changed or not, brought to anybody, at any time', async () => {
    const change = fc.option(fc.record({ position: fc.nat(2_000), byte: fc.integer({ min: 0, max: 255 }) }), {
      freq: 2,
    });
    const asked = fc.record({
      check: fc.oneof({ weight: 9, arbitrary: fc.nat(checks.length - 1) }, { weight: 1, arbitrary: fc.constant(-1) }),
      change,
      seller: fc.constantFrom('seller-mill', 'seller-mill', 'seller-forge'),
      moment: fc.constantFrom(...Object.values(MOMENTS)),
    });
    await fc.assert(
      fc.asyncProperty(asked, async ({ check, change: changed, seller, moment }) => {
        const original = checks[check]?.jws ?? foreign;
        const question = { jws: withChange(original, changed), seller, at: office.clock.now + moment };
        const said = await online(question);
        expect(await offline(question)).toBe(said);
        if (question.jws !== original || check < 0) expect(said).toBe('bad_signature');
      }),
      { numRuns: 400 },
    );
  });

  test('after a rotation nothing changes, after a revocation every check of that key is invalid', async () => {
    const jws = checks.find(({ status, buyerId }) => status === 'issued' && buyerId === 'buyer-ada')?.jws ?? '';
    const asked = { jws, seller: 'seller-mill', at: office.clock.now };
    const [former] = await office.keyRing.list();
    await office.keyRing.rotate();
    const later = await office.issue();
    expect([await online(asked), await offline(asked)]).toEqual(['valid', 'valid']);

    await office.keyRing.revoke(former?.kid ?? '');
    for (const check of checks) {
      const question = { ...asked, jws: check.jws };
      expect([await online(question), await offline(question)]).toEqual(['bad_signature', 'bad_signature']);
    }
    // The list covers a fresh check before it is published again.
    const fresh = { ...asked, jws: later.jws };
    expect([await online(fresh), await offline(fresh)]).toEqual(['valid', 'valid']);
  });

  test('a verifier that still believes a revoked key sees its checks void in the fresh list', async () => {
    const { jws } = await office.issue();
    const [current] = await office.keyRing.list();
    const believed = await office.keyRing.publicJwks();
    await office.keyRing.revoke(current?.kid ?? '');
    office.clock.now += 15_000;
    const renewed = await openKeyRing({ orm: office.orm, source: { directory: office.directory } });
    const jwks = { keys: [...believed.keys, ...(await renewed.publicJwks()).keys] };
    const statusList = () => office.statusList.token();
    const now = (): number => office.clock.now;
    const verdict = await verifyOffline(jws, { jwks, statusList, issuer: ISSUER, now });
    expect(verdict).toMatchObject({ valid: false, reason: 'voided' });
  });
});

function withChange(jws: string, change: { position: number; byte: number } | null): string {
  if (!change) return jws;
  const bytes = Buffer.from(jws, 'latin1');
  bytes[change.position % bytes.length] = change.byte;
  return bytes.toString('latin1');
}
