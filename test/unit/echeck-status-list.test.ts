import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deflateSync } from 'node:zlib';
import { STATUS_TYPES, type StatusType } from '../../domain/check-status-type.ts';
import {
  encodeStatusList,
  openStatusList,
  StatusListError,
  type StatusList,
} from '../../office/checks/status-list-format.ts';
import {
  encoded,
  ISSUER,
  KID,
  newKey,
  NOW,
  payload as check,
  sign,
  STATUS_URI,
  type TestKey,
} from './echeck-support.ts';

let key: TestKey;
beforeAll(async () => {
  key = await newKey();
});

const seconds = NOW / 1000;
function payloadOf(entries: Map<number, StatusType>, places: number) {
  const status_list = encodeStatusList(entries, places);
  return { iss: ISSUER, sub: STATUS_URI, iat: seconds, exp: seconds + 60, ttl: 15, status_list };
}

async function tokenOf(change: object = {}, header: object = {}): Promise<string> {
  const payload = { ...payloadOf(new Map([[3, 'stopped']]), 16), ...change };
  return sign(key.privateKey, payload, { typ: 'statuslist+jwt', ...header });
}

function open(token: string, now = NOW): Promise<StatusList> {
  const keyFor = async (kid: string) => (kid === KID ? key.publicKey : undefined);
  return openStatusList(token, { keyFor, issuer: ISSUER, uri: STATUS_URI, now: () => now });
}

describe('the signed status list', () => {
  test('gives back every entry that was put in, and open where none was', async () => {
    const type = fc.constantFrom(...(Object.keys(STATUS_TYPES) as StatusType[]));
    const list = fc.array(fc.tuple(fc.nat({ max: 999 }), type)).map((entries) => new Map(entries));
    await fc.assert(
      fc.asyncProperty(list, async (entries) => {
        const opened = await open(await sign(key.privateKey, payloadOf(entries, 1000), { typ: 'statuslist+jwt' }));
        for (let idx = 0; idx < 1000; idx += 1) expect(opened.statusAt(idx)).toBe(entries.get(idx) ?? 'open');
      }),
      { numRuns: 30 },
    );
  });

  test("is laid out as the standard's four-bit example: the lower half of a byte first", () => {
    const { lst } = encodeStatusList(
      new Map([
        [0, 'voided'],
        [1, 'account_frozen'],
        [3, 'used'],
      ]),
      4,
    );
    expect(lst).toBe(deflateSync(Buffer.from([0x21, 0x30]), { level: 9 }).toString('base64url'));
  });

  test('does not tell of a place beyond its end', async () => {
    const opened = await open(await tokenOf());
    expect(opened.statusAt(15)).toBe('open');
    expect(opened.statusAt(16)).toBeUndefined();
  });

  test('says when it was made', async () => {
    expect((await open(await tokenOf())).issuedAt).toBe(new Date(NOW).toISOString());
  });

  test('ten million checks, one in a hundred stopped, stay a small file', () => {
    const entries = new Map(Array.from({ length: 100_000 }, (_, index) => [index * 100, 'stopped'] as const));
    expect(encodeStatusList(entries, 10_000_000).lst.length).toBeLessThan(1_000_000);
  });
});

describe("a status list that is not the office's is not believed", () => {
  const refused = async (token: string, detail: string, now = NOW) => {
    const opening = open(token, now);
    await expect(opening).rejects.toBeInstanceOf(StatusListError);
    await expect(opening).rejects.toThrow(detail);
  };

  test('changed', async () => {
    const token = await tokenOf();
    const [header, , signature] = token.split('.');
    const other = encoded(payloadOf(new Map(), 16));
    await refused(`${header}.${other}.${signature}`, 'signature');
  });
  test('signed with a foreign key', async () => {
    const foreign = await newKey();
    await refused(await sign(foreign.privateKey, payloadOf(new Map(), 16), { typ: 'statuslist+jwt' }), 'signature');
  });
  test('signed with an unknown or revoked key', async () => refused(await tokenOf({}, { kid: 'key-2' }), 'revoked'));
  test('of another issuer', async () => refused(await tokenOf({ iss: 'other' }), 'other'));
  test('another list', async () => refused(await tokenOf({ sub: 'urn:other' }), 'urn:other'));
  test('out of date', async () => refused(await tokenOf(), 'out of date', NOW + 60_000));
  test('a check in its place', async () => refused(await sign(key.privateKey, check), 'statuslist+jwt'));
  test('not compressed', async () => refused(await tokenOf({ status_list: { bits: 4, lst: 'AAAA' } }), 'unpacked'));
  test('of one bit an entry', async () => refused(await tokenOf({ status_list: { bits: 1, lst: '' } }), 'lacks'));
  test('a bomb', async () => {
    const lst = deflateSync(Buffer.alloc(64 * 1024 * 1024)).toString('base64url');
    await refused(await tokenOf({ status_list: { bits: 4, lst } }), 'unpacked');
  });
});
