import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createCheckSigning, type CheckSigning } from '../../office/checks/signing.ts';
import { generateSigningKey } from '../../office/checks/key-pairs.ts';
import { NoSigningKeyError, openKeyRing, UnknownKeyError, type KeyRing } from '../../office/checks/key-ring.ts';
import type { PrivateSigningKey } from '../../platform/key-files.ts';
import { connectOrm, type Orm } from '../../platform/orm.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { claims, NOW } from '../unit/echeck-support.ts';

/** Two processes, such as an API and a worker: each with its own connections, its own memory, its own clock. */
interface Process {
  readonly orm: Orm;
  readonly keyRing: KeyRing;
  readonly signing: CheckSigning;
  readonly clock: { now: number };
}

let database: TestDatabase;
let directory: string;
let opened: Orm[];
beforeEach(async () => {
  database = await testDatabase();
  directory = await mkdtemp(join(tmpdir(), 'echeck-ring-'));
  opened = [];
});
afterEach(async () => {
  await Promise.all(opened.map((orm) => orm.close()));
  await database.close();
  await rm(directory, { recursive: true });
});

async function startProcess(
  source: { directory: string } | { file: string } = { directory: keys() },
): Promise<Process> {
  const orm = await connectOrm({ url: database.serviceUrl });
  opened.push(orm);
  const clock = { now: NOW };
  const now = (): number => clock.now;
  const keyRing = await openKeyRing({ orm, source, now });
  return { orm, keyRing, signing: createCheckSigning({ orm, keyRing, issuer: 'countersign', now }), clock };
}

const keys = (): string => join(directory, 'keys');
const kidOf = async ({ keyRing }: Process): Promise<string> => (await keyRing.signingKey()).kid;
const aSecondPasses = ({ clock }: Process): void => void (clock.now += 1_000);

async function verifies({ signing }: Process, jws: string): Promise<boolean> {
  return (await signing.verifyCheck(jws)).ok;
}

describe('keys that the service makes itself', () => {
  test('many that start at once on an empty folder end with the same one key', async () => {
    const processes = await Promise.all(Array.from({ length: 5 }, () => startProcess()));
    const kids = await Promise.all(processes.map(kidOf));
    expect(new Set(kids).size).toBe(1);
    expect(await readdir(keys())).toEqual([`${kids[0]}.jwk.json`]);
  });

  test('real processes that start at once print the same one key', async () => {
    const run = promisify(execFile);
    const env = { ...process.env, DATABASE_URL: database.serviceUrl, DATA_DIR: directory, ECHECK_KEYS_FILE: '' };
    const list = () => run(process.execPath, ['cli/countersign.mjs', 'keys', 'list'], { env });
    const [api, worker] = await Promise.all([list(), list()]);
    expect(api.stdout).toMatch(/^active .*\n$/);
    expect(worker.stdout).toBe(api.stdout);
  });

  test('only their owner may read them', async () => {
    const { keyRing } = await startProcess();
    const { kid } = await keyRing.signingKey();
    expect((await stat(keys())).mode & 0o777).toBe(0o700);
    expect((await stat(join(keys(), `${kid}.jwk.json`))).mode & 0o777).toBe(0o600);
  });

  test('are the same after a restart, and private halves never reach the database or the public set', async () => {
    const before = await kidOf(await startProcess());
    const { orm, keyRing } = await startProcess();
    expect(await kidOf({ keyRing } as Process)).toBe(before);
    const rows = await orm.em.fork().execute<{ public_key: object }[]>('select public_key from signing_keys');
    expect(rows.map((row) => Object.keys(row.public_key).toSorted())).toEqual([['crv', 'kty', 'x']]);
    const jwks = await keyRing.publicJwks();
    expect(jwks.keys.map((key) => Object.keys(key).toSorted())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x']]);
  });

  test('outlive the loss of the database', async () => {
    const before = await kidOf(await startProcess());
    await database.close();
    await Promise.all(opened.map((orm) => orm.close()));
    opened = [];
    database = await testDatabase();
    expect(await kidOf(await startProcess())).toBe(before);
  });
});

describe('rotation', () => {
  test('reaches the other process at once, and no check is refused on the way', async () => {
    const [api, worker] = [await startProcess(), await startProcess()];
    const old = await api.signing.signCheck(claims);
    const before = await worker.signing.signCheck(claims);
    const kid = await api.keyRing.rotate();

    const fresh = await api.signing.signCheck(claims);
    expect(fresh.kid).toBe(kid);
    // The worker has not looked yet, but believes a key that it meets for the first time.
    expect(await verifies(worker, fresh.jws)).toBe(true);
    expect((await worker.signing.signCheck(claims)).kid).toBe(kid);
    for (const { jws } of [old, before, fresh]) {
      expect([await verifies(api, jws), await verifies(worker, jws)]).toEqual([true, true]);
    }
    expect((await worker.keyRing.list()).map(({ status }) => status)).toEqual(['active', 'retired']);
  });

  test('many at once leave one active key', async () => {
    const processes = await Promise.all([startProcess(), startProcess(), startProcess()]);
    await Promise.all(processes.map(({ keyRing }) => keyRing.rotate()));
    processes.forEach(aSecondPasses);
    const kids = await Promise.all(processes.map(kidOf));
    expect(new Set(kids).size).toBe(1);
    const statuses = (await processes[0]?.keyRing.list())?.map(({ status }) => status);
    expect(statuses).toEqual(['active', 'retired', 'retired', 'retired']);
  });
});

describe('revocation', () => {
  test('makes every check of the key invalid, in the other process within a second, and another key takes over', async () => {
    const [api, worker] = [await startProcess(), await startProcess()];
    const stolen = await worker.signing.signCheck(claims);
    await api.keyRing.revoke(stolen.kid);
    expect(await verifies(api, stolen.jws)).toBe(false);
    aSecondPasses(worker);
    expect(await verifies(worker, stolen.jws)).toBe(false);

    const fresh = await worker.signing.signCheck(claims);
    expect(fresh.kid).not.toBe(stolen.kid);
    expect(await verifies(api, fresh.jws)).toBe(true);
    expect((await api.keyRing.publicJwks()).keys.map(({ kid }) => kid)).toEqual([fresh.kid]);
  });

  test('of a retired key leaves the active one alone', async () => {
    const api = await startProcess();
    const retired = await kidOf(api);
    const active = await api.keyRing.rotate();
    await api.keyRing.revoke(retired);
    await api.keyRing.revoke(retired);
    expect(await kidOf(api)).toBe(active);
  });

  test('is permanent: no restart and no SQL brings the key back', async () => {
    const api = await startProcess();
    const kid = await kidOf(api);
    await api.keyRing.revoke(kid);
    const restarted = await startProcess();
    expect(await kidOf(restarted)).not.toBe(kid);
    const revive = api.orm.em.fork().execute(`update signing_keys set status = 'active' where kid = ?`, [kid]);
    await expect(revive).rejects.toThrow('may not move from revoked to active');
  });

  test('of a key that does not exist is an error', async () => {
    const { keyRing } = await startProcess();
    await expect(keyRing.revoke('echeck-none')).rejects.toBeInstanceOf(UnknownKeyError);
  });
});

describe('keys from configuration (ECHECK_KEYS_FILE)', () => {
  const file = (): string => join(directory, 'echeck-keys.json');
  const write = (...content: PrivateSigningKey[]) => writeFile(file(), JSON.stringify({ keys: content }));

  test('an appended key is found without a restart and signs, and rotate retires the former one', async () => {
    const [first, second] = [await generateSigningKey(), { ...(await generateSigningKey()), kid: 'second' }];
    await write(first);
    const [api, worker] = [await startProcess({ file: file() }), await startProcess({ file: file() })];
    const old = await api.signing.signCheck(claims);
    await expect(api.keyRing.rotate()).rejects.toBeInstanceOf(NoSigningKeyError);

    await write(first, second);
    [api, worker].forEach(aSecondPasses);
    expect([await kidOf(worker), await kidOf(api)]).toEqual(['second', 'second']);
    expect(await api.keyRing.rotate()).toBe('second');
    aSecondPasses(worker);
    expect(await verifies(worker, old.jws)).toBe(true);
    expect((await worker.keyRing.list()).map(({ kid, status }) => [kid, status])).toEqual([
      ['second', 'active'],
      [first.kid, 'retired'],
    ]);
  });

  test('a process that has not got the new key yet goes on with the former one', async () => {
    const [first, second] = [await generateSigningKey(), await generateSigningKey()];
    await write(first);
    const late = await startProcess({ file: file() });
    const elsewhere = join(directory, 'elsewhere.json');
    await writeFile(elsewhere, JSON.stringify({ keys: [first, second] }));
    const early = await startProcess({ file: elsewhere });
    aSecondPasses(late);
    expect([await kidOf(early), await kidOf(late)]).toEqual([second.kid, first.kid]);
    expect(await verifies(late, (await early.signing.signCheck(claims)).jws)).toBe(true);
  });

  test('with its only key revoked it refuses to sign, and says what to do', async () => {
    const only = await generateSigningKey();
    await write(only);
    const api = await startProcess({ file: file() });
    await api.keyRing.revoke(only.kid);
    await expect(api.signing.signCheck(claims)).rejects.toThrow('ECHECK_KEYS_FILE');
  });

  test('a missing or a wrong file is named, and no secret is repeated', async () => {
    await expect(startProcess({ file: file() })).rejects.toThrow(/ECHECK_KEYS_FILE.*cannot be read/);
    await writeFile(file(), JSON.stringify({ kty: 'OKP', crv: 'Ed25519', kid: 'k', d: 'secret', x: 'short' }));
    await expect(startProcess({ file: file() })).rejects.toThrow(
      /^ECHECK_KEYS_FILE \([^)]*\) must hold a JWK, or(?!.*secret)/,
    );
  });
});

test.each([
  ['charge', { charge: undefined }],
  ['terminal', { terminal: undefined }],
  ['terminalId', { terminal: { buyerId: 'buyer-ada', terminalId: '' } }],
  ['buyerId', { terminal: { terminalId: 'terminal-7' } }],
])('a check is not signed without its %s (claim 6)', async (name, lacking) => {
  const { signing } = await startProcess();
  await expect(signing.signCheck({ ...claims, ...lacking } as typeof claims)).rejects.toThrow(name);
});

test('a check says which seller it is for, and is refused by every other one', async () => {
  const { signing } = await startProcess();
  const { jws } = await signing.signCheck(claims);
  expect(await signing.verifyCheck(jws, { sellerId: 'seller-forge' })).toMatchObject({
    ok: false,
    reason: 'wrong_payee',
  });
  expect(await signing.verifyCheck(jws, { sellerId: 'seller-mill' })).toMatchObject({ ok: true, claims });
});

test('no two checks share a place in the status list, whoever signs them', async () => {
  const [api, worker] = [await startProcess(), await startProcess()];
  const signed = await Promise.all(
    Array.from({ length: 100 }, (_, index) => (index % 2 ? api : worker).signing.signCheck(claims)),
  );
  expect(new Set(signed.map(({ statusIndex }) => statusIndex)).size).toBe(100);
});
