import { randomBytes } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateMasterKey, KeysUnavailable, loadMasterKey, masterKeyReader } from '../../platform/key-files.ts';
import { rewrapDataKeys } from '../../platform/rewrapping.ts';
import { createSealer, ForgottenError, wrapDataKey, type Sealer } from '../../platform/sealing.ts';
import { run } from '../scripts/support.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await testDatabase();
  folder = mkdtempSync(join(tmpdir(), 'master-'));
});
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

const [former, next] = [generateMasterKey(), generateMasterKey()];

/** The key files of two processes, exchanged one after the other, as a rolling change does it. */
function put(process: 'one' | 'two', ...keys: readonly object[]): string {
  const file = join(folder, `${process}.json`);
  writeFileSync(`${file}.new`, JSON.stringify({ keys }));
  renameSync(`${file}.new`, file);
  return file;
}

/** A process that remembers no opened key. */
function processWith(file: string): Sealer {
  let now = 0;
  return createSealer({ orm: database.orm, masterKey: masterKeyReader({ file }), now: () => (now += 60_000) });
}

const PARTIES = Array.from({ length: 20 }, (_, at) => `buyer-${at}`);

/** Data keys of parties who do nothing meanwhile: two batches and a bit. */
async function manyDataKeys(): Promise<void> {
  const ring = await loadMasterKey({ file: put('one', former) });
  const wrapped = await Promise.all(Array.from({ length: 1_100 }, () => wrapDataKey(randomBytes(32), ring)));
  await database.orm.em.fork().execute(
    `insert into data_keys (kid, party_id, wrapped_key)
     select 'data-' || gen_random_uuid(), 'quiet-' || at, wrapped from unnest(?::text[]) with ordinality as given (wrapped, at)`,
    [`{${wrapped.join(',')}}`],
  );
}

test('the master key is changed by steps, while both processes seal and open, and the former one may then go', async () => {
  await manyDataKeys();
  const [one, two] = [processWith(put('one', former)), processWith(put('two', former))];
  const sealed = await Promise.all(PARTIES.map((party) => one.seal(party, party)));
  let made = 0;
  /** What one process seals the other opens: for a new party, too, whose key is wrapped by what is first just now. */
  const agree = async () => {
    for (const [from, to] of [
      [one, two],
      [two, one],
    ] as const) {
      const at = (made += 1);
      const party = `buyer-new-${at}`;
      expect(await to.open(await from.seal(party, party))).toBe(party);
      expect(await to.open(sealed[at] ?? '')).toBe(PARTIES[at]);
    }
  };
  await agree();
  for (const keys of [
    [former, next],
    [next, former],
  ]) {
    put('one', ...keys);
    await agree();
    put('two', ...keys);
    await agree();
  }

  // Meanwhile somebody is forgotten, and both go on.
  const ring = await loadMasterKey({ file: put('two', next, former) });
  const [first, second] = await Promise.all([
    rewrapDataKeys(database.orm, ring),
    rewrapDataKeys(database.orm, ring),
    one.forget(PARTIES[0] ?? ''),
    agree(),
    agree(),
  ]);
  expect(first.rewrapped + second.rewrapped).toBeGreaterThan(1_000);
  expect(await rewrapDataKeys(database.orm, ring)).toMatchObject({ rewrapped: 0 });

  put('one', next);
  await agree();
  put('two', next);
  await agree();
  expect(await two.open(sealed.at(-1) ?? '')).toBe(PARTIES.at(-1));
  await expect(two.open(sealed[0] ?? '')).rejects.toBeInstanceOf(ForgottenError);
  // The former one is good for nothing any more.
  await expect(processWith(put('one', former)).open(sealed.at(-1) ?? '')).rejects.toBeInstanceOf(KeysUnavailable);
});

test('a data key whose master key is not there is named, and nothing is changed', async () => {
  const strange = await loadMasterKey({ file: put('one', generateMasterKey()) });
  await expect(rewrapDataKeys(database.orm, strange)).rejects.toThrow(
    `data keys are wrapped by the master key ${next.kid}, which MASTER_KEY_FILE does not hold`,
  );
});

test('the command says what it did', async () => {
  const settings = { DATABASE_URL: database.serviceUrl, MASTER_KEY_FILE: put('one', former, next), DATA_DIR: folder };
  const command = run('cli/countersign.mjs', settings, ['keys', 'rewrap']);
  expect([await command.ended(), command.output()]).toEqual([
    0,
    expect.stringMatching(new RegExp(`^\\d{4} data keys are wrapped anew by ${former.kid}; 0 were already\\.\n$`)),
  ]);
});

test('the database lets nobody give a data key to another party, or another id', async () => {
  for (const column of ['kid', 'party_id', 'created_at'])
    await expect(database.orm.em.fork().execute(`update data_keys set ${column} = ${column}`)).rejects.toThrow(
      'permission denied',
    );
});
