import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  findApiKey,
  listApiKeys,
  newApiKey,
  putSeller,
  readDistributor,
  readSeller,
  revokeApiKey,
} from '../../office/registry/index.ts';
import { seedDemo } from '../../office/seed.ts';
import { seedSites, type SiteRegistrations } from '../../office/seed-sites.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';

/* The registrations of the servers that `npm start` runs: made once, then only their addresses follow. */
let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await seedDemo(database.orm);
});
afterAll(() => database.close());

const keys = { seller: newApiKey(), distributor: newApiKey() };
const local = (port: number): string => `http://127.0.0.1:${port}`;

function at([seller, ...sellerFormer]: number[], [distributor, ...distributorFormer]: number[]): SiteRegistrations {
  return {
    sellingOffice: { url: local(seller ?? 0), formerUrls: sellerFormer.map(local), apiKey: keys.seller },
    distributingCompany: {
      url: local(distributor ?? 0),
      formerUrls: distributorFormer.map(local),
      apiKey: keys.distributor,
    },
  };
}

const PAGE = { limit: 10 };
const em = () => database.orm.em.fork();
const seller = async () => readSeller(em(), 'seller-loom', PAGE);
const distributor = async () => readDistributor(em(), 'distributor-rail');

beforeEach(() => seedSites(database.orm, at([4001], [4002])));

test('both are registered with servers of their own, the seller is paid on its own demand, and has an account and no offers', async () => {
  expect(await seller()).toMatchObject({
    name: 'The Loom',
    status: 'active',
    agent: 'site',
    site: { url: local(4001) },
    settleOn: 'buyer_chooses',
    paymentDemand: 'own',
    currency: 'EUR',
    commodities: [],
    version: 1,
  });
  const swift = await readDistributor(em(), 'distributor-swift');
  expect(await distributor()).toMatchObject({
    name: 'Rail Distribution',
    status: 'active',
    agent: 'site',
    site: { url: local(4002) },
    terms: swift?.terms,
    version: 1,
  });
});

test('each has an API key of its role, and of none other', async () => {
  expect(await findApiKey(em(), keys.seller)).toMatchObject({
    partyId: 'seller-loom',
    role: 'seller',
    scopes: ['read', 'write'],
    createdBy: 'service',
  });
  expect(await findApiKey(em(), keys.distributor)).toMatchObject({ partyId: 'distributor-rail', role: 'distributor' });
  expect(await listApiKeys(em())).toHaveLength(2);
});

test('repeated, only an address of our own is renewed, and the version grows with that alone', async () => {
  await seedSites(database.orm, at([4001], [4002]));
  expect([await seller(), await distributor()]).toMatchObject([{ version: 1 }, { version: 1 }]);
  await seedSites(database.orm, at([4003, 4001], [4002]));
  expect([await seller(), await distributor()]).toMatchObject([
    { version: 2, site: { url: local(4003) } },
    { version: 1, site: { url: local(4002) } },
  ]);
});

test('what an operator changed stays: name, agent, when it is paid, and another server', async () => {
  const elsewhere = { url: 'https://loom.example/office' };
  const changed = { name: 'Loom & Sons', status: 'suspended', agent: 'manual', settleOn: 'notice' } as const;
  await putSeller(database.orm, { id: 'seller-loom', ...changed, paymentDemand: 'auto', site: elsewhere });
  const { version } = (await seller()) ?? {};
  await seedSites(database.orm, at([4004, 4003, 4001], [4002]));
  expect(await seller()).toMatchObject({ ...changed, paymentDemand: 'auto', site: elsewhere, version });
});

test('a key that an operator has revoked stays revoked', async () => {
  const { id = '' } = (await findApiKey(em(), keys.distributor)) ?? {};
  await revokeApiKey(em(), id);
  await seedSites(database.orm, at([4001], [4002]));
  expect(await findApiKey(em(), keys.distributor)).toBeUndefined();
  expect(await listApiKeys(em())).toHaveLength(2);
});
