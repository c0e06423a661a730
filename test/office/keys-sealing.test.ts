import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CompactEncrypt } from 'jose';
import { generateMasterKey, loadMasterKey, type MasterKey } from '../../platform/key-files.ts';
import { createSealer, ForgottenError, UnsealableError, type Sealer } from '../../platform/sealing.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { whileHolding } from '../support/lock-waits.ts';

const address = {
  name: 'Ada Lovelace',
  street: "St James's Square 12",
  city: 'London',
  postalCode: 'SW1Y',
  country: 'GB',
};

let database: TestDatabase;
let directory: string;
let masterKey: MasterKey;
let sealer: Sealer;
beforeAll(async () => {
  database = await testDatabase();
  directory = await mkdtemp(join(tmpdir(), 'sealing-'));
  masterKey = await loadMasterKey({ directory: join(directory, 'keys') });
  sealer = createSealer({ orm: database.orm, masterKey });
});
afterAll(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

/** Another process: nothing remembered. */
const another = (key = masterKey): Sealer => createSealer({ orm: database.orm, masterKey: key });

describe('a sealed value', () => {
  test('opens as what was sealed, in every process', async () => {
    const sealed = await sealer.seal('buyer-ada', address);
    expect(await sealer.open(sealed)).toEqual(address);
    expect(await another().open(sealed)).toEqual(address);
  });

  test('is a compact JWE (dir, A256GCM) that shows a key id and nothing else', async () => {
    const [header, encryptedKey] = (await sealer.seal('buyer-ada', address)).split('.');
    const shown: unknown = JSON.parse(Buffer.from(header ?? '', 'base64url').toString());
    expect(shown).toEqual({ alg: 'dir', enc: 'A256GCM', kid: expect.stringMatching(/^data-[0-9a-f-]{36}$/) });
    expect(encryptedKey).toBe('');
  });

  test('is different each time, so that equal addresses do not show', async () => {
    expect(await sealer.seal('buyer-ada', address)).not.toBe(await sealer.seal('buyer-ada', address));
  });

  test('of any JSON comes back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const json: unknown = JSON.parse(JSON.stringify(value));
        expect(await sealer.open(await sealer.seal('buyer-ada', json))).toEqual(json);
      }),
      { numRuns: 50 },
    );
  });

  test('changed in any byte does not open', async () => {
    const sealed = await sealer.seal('buyer-ada', 'x');
    for (let position = 0; position < sealed.length; position += 1) {
      const changed = sealed.slice(0, position) + (sealed[position] === 'A' ? 'B' : 'A') + sealed.slice(position + 1);
      const opened = await sealer.open(changed).catch((error: Error) => error.name);
      expect(['UnsealableError', 'ForgottenError']).toContain(opened);
    }
  });

  test('of another service, or no sealed value at all, is refused', async () => {
    const foreign = await new CompactEncrypt(new TextEncoder().encode('{}'))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: await kidOf('buyer-ada') })
      .encrypt(new Uint8Array(32));
    for (const text of [foreign, '', 'a.b.c.d.e', JSON.stringify(address)]) {
      await expect(sealer.open(text)).rejects.toBeInstanceOf(UnsealableError);
    }
  });
});

async function kidOf(partyId: string): Promise<string> {
  const rows = await database.orm.em
    .fork()
    .execute<{ kid: string }[]>('select kid from data_keys where party_id = ?', [partyId]);
  return rows[0]?.kid ?? '';
}

describe("a party's key", () => {
  test('is one, also when many processes seal for a new party at once', async () => {
    // Reading goes on, writing waits: so all of them find no key before any of them makes one.
    const statements = ['lock table data_keys in exclusive mode'];
    const sealed = await whileHolding({ url: database.url, statements, waiters: 4 }, () =>
      Promise.all(Array.from({ length: 4 }, (_, index) => another().seal('buyer-new', index))),
    );
    expect(await Promise.all(sealed.map((jwe) => another().open(jwe)))).toEqual([0, 1, 2, 3]);
    expect(new Set(sealed.map((jwe) => jwe.split('.')[0])).size).toBe(1);
  });

  test('rests wrapped: another master key does not open it', async () => {
    const sealed = await sealer.seal('buyer-ada', address);
    const other = await loadMasterKey({ directory: join(directory, 'other') });
    await expect(another(other).open(sealed)).rejects.toThrow('MASTER_KEY_FILE');
  });

  test('stays readable when a new master key comes before the former one', async () => {
    const sealed = await sealer.seal('buyer-ada', address);
    const file = join(directory, 'master.json');
    const former: unknown = JSON.parse(await readFile(join(directory, 'keys', 'master.jwk.json'), 'utf8'));
    await writeFile(file, JSON.stringify({ keys: [generateMasterKey(), former] }));
    const both = await loadMasterKey({ file });
    expect(await another(both).open(sealed)).toEqual(address);
    const fresh = await another(both).seal('buyer-later', address);
    expect(await another(both).open(fresh)).toEqual(address);
    await expect(another(masterKey).open(fresh)).rejects.toThrow('MASTER_KEY_FILE');
  });
});

describe('a forgotten person', () => {
  test('stays forgotten: nothing that was sealed for it opens, for others all is as before', async () => {
    const [ada, bob] = [await sealer.seal('buyer-ada', address), await sealer.seal('buyer-bob', address)];
    expect(await sealer.forget('buyer-ada')).toBe(true);
    expect(await sealer.forget('buyer-ada')).toBe(false);
    await expect(sealer.open(ada)).rejects.toBeInstanceOf(ForgottenError);
    await expect(another().open(ada)).rejects.toBeInstanceOf(ForgottenError);
    expect(await sealer.open(bob)).toEqual(address);
  });

  test('who comes back gets a new key, and the old values stay closed', async () => {
    const before = await sealer.seal('buyer-ada', address);
    await sealer.forget('buyer-ada');
    expect(await sealer.open(await sealer.seal('buyer-ada', 'again'))).toBe('again');
    await expect(sealer.open(before)).rejects.toBeInstanceOf(ForgottenError);
  });

  test('is forgotten by a process that remembers the key within five seconds', async () => {
    const start = Date.now();
    const clock = { now: start };
    const other = createSealer({ orm: database.orm, masterKey, now: () => clock.now });
    const sealed = await other.seal('buyer-eve', address);
    expect(await other.open(sealed)).toEqual(address);
    await sealer.forget('buyer-eve');
    clock.now = start + 4_999;
    expect(await other.open(sealed)).toEqual(address);
    clock.now = start + 5_000;
    await expect(other.open(sealed)).rejects.toBeInstanceOf(ForgottenError);
  });
});

describe('the master key', () => {
  test('is made once, also by many processes at once, and only its owner may read it', async () => {
    const folder = join(directory, 'race');
    const loaded = await Promise.all(Array.from({ length: 8 }, () => loadMasterKey({ directory: folder })));
    expect(new Set(loaded.map(([{ kid }]) => kid)).size).toBe(1);
    expect(await readdir(folder)).toEqual(['master.jwk.json']);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'master.jwk.json'))).mode & 0o777).toBe(0o600);
  });

  test('that is missing or wrong is named, and not repeated', async () => {
    const file = join(directory, 'wrong.json');
    await expect(loadMasterKey({ file })).rejects.toThrow(/MASTER_KEY_FILE.*cannot be read/);
    await writeFile(file, JSON.stringify({ kty: 'oct', kid: 'k', k: 'too-short' }));
    await expect(loadMasterKey({ file })).rejects.toThrow(/^MASTER_KEY_FILE \(.*\) must hold a JWK(?!.*too-short)/);
  });
});
