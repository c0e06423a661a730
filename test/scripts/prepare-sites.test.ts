import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { findApiKey, newApiKey, readDistributor, readSeller } from '../../office/registry/index.ts';
import { withLogin } from '../../platform/logins/kept-login.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { runFolder } from '../support/run.ts';
import { databaseUrl } from '../support/servers.ts';
import { run } from './support.ts';

/* The job of the Compose profile `sites`, as Compose runs it: given the administrator, it makes all that two servers need. */
const suffix = randomBytes(4).toString('hex');
const SELLER = `loom_${suffix}`;
const DISTRIBUTOR = `rail_${suffix}`;
const keys = { seller: newApiKey(), distributor: newApiKey() };

let database: TestDatabase;
let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  database = await testDatabase();
  folder = mkdtempSync(join(runFolder(), 'prepare-sites-'));
  for (const [name, key] of Object.entries(keys)) writeFileSync(join(folder, name), `${key}\n`);
  env = {
    DATABASE_URL: database.serviceUrl,
    SITES_DATABASE_OWNER_URL: database.url,
    SELLING_OFFICE_URL: 'http://selling-office:4100',
    SELLING_OFFICE_DATABASE_URL: addressOf(SELLER),
    SELLING_OFFICE_API_KEY_FILE: join(folder, 'seller'),
    DISTRIBUTING_COMPANY_URL: 'http://distributing-company:4200',
    DISTRIBUTING_COMPANY_DATABASE_URL: addressOf(DISTRIBUTOR),
    DISTRIBUTING_COMPANY_API_KEY_FILE: join(folder, 'distributor'),
  };
});
afterAll(async () => {
  const owner = new Client({ connectionString: database.url });
  await owner.connect();
  for (const name of [SELLER, DISTRIBUTOR]) {
    await owner.query(`drop database if exists ${name} with (force)`);
    await owner.query(`drop role if exists ${name}`);
  }
  await owner.end();
  await database.close();
  rmSync(folder, { recursive: true });
});

function addressOf(name: string): string {
  return withLogin(databaseUrl(database.url, name), { user: name, password: `of-${name}` });
}

async function prepare(changes: Record<string, string> = {}): Promise<{ code: number | null; said: string }> {
  const job = run('scripts/prepare-sites.ts', { ...env, ...changes });
  return { code: await job.ended(), said: job.output().trim() };
}

test.each(['the first time', 'repeated'])('%s it makes databases, registrations and keys', async () => {
  expect(await prepare()).toEqual({ code: 0, said: 'sites: databases, registrations and API keys are there' });
  for (const name of [SELLER, DISTRIBUTOR]) {
    const site = new Client({ connectionString: addressOf(name) });
    await site.connect();
    await site.query('create table if not exists mine (n int)');
    await site.end();
  }
  const em = database.orm.em.fork();
  expect(await readSeller(em, 'seller-loom', { limit: 1 })).toMatchObject({
    agent: 'site',
    site: { url: 'http://selling-office:4100' },
    version: 1,
  });
  expect(await readDistributor(em, 'distributor-rail')).toMatchObject({
    agent: 'site',
    site: { url: 'http://distributing-company:4200' },
    version: 1,
  });
  expect(await findApiKey(em, keys.seller)).toMatchObject({ partyId: 'seller-loom', role: 'seller' });
  expect(await findApiKey(em, keys.distributor)).toMatchObject({ partyId: 'distributor-rail', role: 'distributor' });
});

test.each<[string, Record<string, string>, RegExp]>([
  [
    'nothing is set',
    { DATABASE_URL: '', SELLING_OFFICE_URL: '' },
    /^DATABASE_URL must be .*\nSELLING_OFFICE_URL must be/,
  ],
  [
    'a key file is missing',
    { SELLING_OFFICE_API_KEY_FILE: '/nowhere' },
    /^SELLING_OFFICE_API_KEY_FILE \(\/nowhere\) cannot/,
  ],
  [
    'nobody answers',
    { SITES_DATABASE_OWNER_URL: 'postgres://a:secret@127.0.0.1:1/x' },
    /^SITES_DATABASE_OWNER_URL: the database at 127\.0\.0\.1:1\/x does not answer/,
  ],
  [
    "the owner is the service's login",
    { SITES_DATABASE_OWNER_URL: 'SERVICE', SELLING_OFFICE_DATABASE_URL: 'OTHER' },
    /^SITES_DATABASE_OWNER_URL: its login may not make the database other_\w+ \(.*\): give it CREATEDB and CREATEROLE/,
  ],
])('says in one line each what is wrong when %s', async (_what, changes, line) => {
  const values: Record<string, string> = { SERVICE: database.serviceUrl, OTHER: addressOf(`other_${suffix}`) };
  const filled = Object.entries(changes).map(([name, value]) => [name, values[value] ?? value]);
  const { code, said } = await prepare(Object.fromEntries(filled));
  expect([code, said]).toEqual([1, expect.stringMatching(line)]);
  expect(said).not.toMatch(/secret@|of-other|^\s+at /m);
});
