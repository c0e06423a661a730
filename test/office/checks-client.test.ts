import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readEcheck, verifyEcheck } from '../../client/echeck.ts';
import type { Office } from '../../client/office.ts';
import { readCheckStatus, StatusListError } from '../../client/status-list.ts';
import { verifyOffline } from '../../cli/verify-offline.ts';
import { CHECK_STATUSES, type CheckStatus } from '../../domain/echeck.ts';
import { STATUS_TYPES } from '../../domain/check-status-type.ts';
import { CHECK_LIFETIME_MS, checkOffice, ISSUER, moveCheck, type CheckOffice } from './checks-support.ts';

/* The client reads a check and its fate as the check office publishes them, in a browser as well as here. */

interface Check {
  readonly status: CheckStatus;
  readonly buyerId: string;
  readonly jws: string;
}

const SELLER = 'seller-mill';
let books: CheckOffice;
let checks: Check[];
let closeServer: () => Promise<unknown>;
/** The office by its public address. Each test has its own, so that no keys are remembered. */
let office: Office;
let address: string;
/** What is published as the status list. */
let publish: () => Promise<string>;

beforeAll(async () => {
  books = await checkOffice();
  checks = [];
  for (const buyerId of ['buyer-ada', 'buyer-bob'])
    for (const status of CHECK_STATUSES) {
      const { number, jws } = await books.issue({ buyerId });
      await moveCheck(books, number, status);
      checks.push({ status, buyerId, jws });
    }
  await books.orm.em.fork().execute(`update accounts set status = 'frozen' where id = 'buyer-bob'`);
  const server = createServer((request, response) => {
    const isList = request.url === '/.well-known/echeck-status';
    const published = isList ? publish() : books.keyRing.publicJwks().then((jwks) => JSON.stringify(jwks));
    void published.then((text) => response.end(text));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  closeServer = () => new Promise((resolve) => server.close(resolve));
});
afterAll(async () => {
  await closeServer();
  await books.close();
});
beforeEach(() => {
  publish = () => books.statusList.token();
  office = { issuer: ISSUER, jwksUrl: `${address}/.well-known/jwks.json` };
});

const open = (): string => checks.find(({ status }) => status === 'issued')?.jws ?? '';

describe('the fate of a check', () => {
  test('is what an offline verifier finds in the same list, in every status, on an open and on a frozen account', async () => {
    const jwks = await books.keyRing.publicJwks();
    const now = (): number => books.clock.now;
    const fates = new Set<string>();
    for (const { jws, status, buyerId } of checks) {
      const { fate } = await readCheckStatus(jws, office);
      const verdict = await verifyOffline(jws, { jwks, statusList: publish, issuer: ISSUER, now });
      expect([status, buyerId, fate]).toEqual([status, buyerId, verdict.status?.type]);
      expect([status, fate === 'open']).toEqual([status, verdict.valid]);
      fates.add(fate);
    }
    const seen = ['account_frozen', 'expired', 'open', 'refunded', 'stopped', 'used', 'voided'];
    expect([...fates].toSorted()).toEqual(seen);
  });

  test('comes with what the check says and the moment of the list', async () => {
    const { check, asOf } = await readCheckStatus(open(), office);
    expect([check.sellerId, check.charge]).toEqual([SELLER, { amount: 100, currency: 'EUR' }]);
    expect(Math.abs(asOf.getTime() - books.clock.now)).toBeLessThan(60_000);
  });

  test('is its own end, once the list says no more of it', async () => {
    const claims = {
      ...(await claimsOf(await publish())),
      iat: Math.floor((Date.now() + CHECK_LIFETIME_MS) / 1000) + 1,
    };
    publish = () => signed(claims);
    expect((await readCheckStatus(open(), office)).fate).toBe('expired');
  });

  test.each<[string, Uint8Array]>([
    ['does not reach so far', new Uint8Array()],
    ['says what this version does not know', new Uint8Array(4_096).fill(0x77)],
  ])('is unknown where the list %s', async (_what, bytes) => {
    const lst = deflateSync(bytes).toString('base64url');
    const claims = await claimsOf(await publish());
    publish = () => signed({ ...claims, status_list: { bits: 4, lst } });
    expect((await readCheckStatus(open(), office)).fate).toBe('unknown');
  });
});

describe('no list is believed that', () => {
  test.each<[string, (claims: Claims) => Claims, string?]>([
    ['is of another issuer', (claims) => ({ ...claims, iss: 'elsewhere' })],
    ['is another one of the office', (claims) => ({ ...claims, sub: 'urn:countersign:other' })],
    ['is out of date', (claims) => ({ ...claims, exp: Math.floor(Date.now() / 1000) - 1 })],
    ['says no time', (claims) => ({ ...claims, exp: undefined })],
    ['has another width', (claims) => ({ ...claims, status_list: { ...Object(claims['status_list']), bits: 1 } })],
    ['is not packed', (claims) => ({ ...claims, status_list: { bits: 4, lst: 'AAAA' } })],
    ['fills the memory', (claims) => ({ ...claims, status_list: { bits: 4, lst: tooLong() } })],
    ['is of another type', (claims) => claims, 'echeck+jwt'],
  ])('%s', async (_what, change, typ = 'statuslist+jwt') => {
    const claims = change(await claimsOf(await publish()));
    publish = () => signed(claims, typ);
    await expect(readCheckStatus(open(), office)).rejects.toThrow(StatusListError);
  });

  test('somebody else has signed', async () => {
    const other = await checkOffice();
    publish = () => other.statusList.token();
    await expect(readCheckStatus(open(), office)).rejects.toThrow(StatusListError);
    await other.close();
  });

  test('no office gives', async () => {
    const nowhere = { ...office, statusListUrl: 'http://127.0.0.1:1/' };
    await expect(readCheckStatus(open(), nowhere)).rejects.toThrow('fetch failed');
  });
});

describe('what a check says', () => {
  test('is read long after its end, too', async () => {
    const later = Date.now() + 2 * CHECK_LIFETIME_MS;
    const asked = { office, sellerId: SELLER, now: later };
    expect(await verifyEcheck(open(), asked)).toEqual({ valid: false, reason: 'expired' });
    expect(await readEcheck(open(), office)).toMatchObject({ sellerId: SELLER, buyerId: 'buyer-ada' });
  });

  test('is not read where any character is another', async () => {
    const jws = open();
    const at = jws.length - 20;
    const other = jws.slice(0, at) + (jws[at] === 'A' ? 'B' : 'A') + jws.slice(at + 1);
    expect(await readEcheck(other, office)).toBeUndefined();
    await expect(readCheckStatus(other, office)).rejects.toThrow(StatusListError);
  });
});

type Claims = Record<string, unknown>;

async function claimsOf(jws: string): Promise<Claims> {
  return JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()) as Claims;
}

/** Signed by the office's own key. */
async function signed(claims: Claims, typ = 'statuslist+jwt'): Promise<string> {
  return (await books.signing.sign(typ, claims)).jws;
}

/** Unpacks into more than 32 MiB. */
function tooLong(): string {
  return deflateSync(Buffer.alloc(33 * 1024 * 1024, STATUS_TYPES.stopped)).toString('base64url');
}
