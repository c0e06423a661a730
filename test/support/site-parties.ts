import { expect } from '@jest/globals';
import type { TestApi } from '../api/support.ts';
import { honest } from './site-behaviours.ts';
import { startSiteDouble, type Behaviour, type SiteDouble } from './site-double.ts';

export type SiteRole = 'seller' | 'distributor';

/** Delivers at any hour, so that a test may choose. */
export const ANY_TIME = {
  countries: ['DE', 'AT', 'FR'],
  timeZone: 'UTC',
  weekdays: [1, 2, 3, 4, 5, 6, 7],
  window: { fromHour: 0, toHour: 24 },
  maxWeightGrams: 500_000,
  transitHours: { home: 1, abroad: 2 },
};

const SELLER = {
  name: 'Doubled Looms',
  settleOn: 'buyer_chooses',
  paymentDemand: 'own',
  currency: 'EUR',
  commodities: [
    { sku: 'linen-1m', name: 'Linen, a metre', price: { amount: 1_250, currency: 'EUR' }, weightGrams: 300 },
    { sku: 'wool-1kg', name: 'Wool, 1 kg', price: { amount: 2_400, currency: 'EUR' }, weightGrams: 1_000 },
  ],
};
const DISTRIBUTOR = { name: 'Doubled Rails', terms: ANY_TIME };

export interface PartyOptions {
  readonly behaviour?: Behaviour;
  /** Beside what every double registers. */
  readonly registration?: Record<string, unknown>;
  readonly sellers?: readonly SiteDouble[];
}

type Office = Pick<TestApi, 'ask' | 'url'>;

/** A party with a server of its own, registered at the office as its operator does it. */
export async function siteParty(
  office: Office,
  role: SiteRole,
  party: string,
  { behaviour = honest(), registration = {}, sellers = [] }: PartyOptions = {},
): Promise<SiteDouble> {
  const site = await startSiteDouble({
    party,
    officeUrl: office.url,
    apiKey: await apiKeyOf(office, role, party),
    behaviour,
    knownSellers: new Map(sellers.map((seller) => [seller.party, `${seller.url}/.well-known/jwks.json`])),
  });
  await register(office, role, site, registration);
  return site;
}

/** Registers it anew, with changes: another address, another agent, suspended. */
export async function register(
  office: Pick<TestApi, 'ask'>,
  role: SiteRole,
  { party, url }: Pick<SiteDouble, 'party' | 'url'>,
  change: Record<string, unknown> = {},
): Promise<void> {
  const body = { ...(role === 'seller' ? SELLER : DISTRIBUTOR), agent: 'site', site: { url }, ...change };
  const answer = await office.ask('PUT', `/v1/registry/${role}s/${party}`, { as: 'operator-olga', body });
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status: 200 });
}

/** An API key of that party, made by the operator. */
export async function apiKeyOf(office: Pick<TestApi, 'ask'>, role: SiteRole, partyId: string): Promise<string> {
  const body = { partyId, role, scopes: ['read', 'write'], name: 'its server' };
  const answer = await office.ask('POST', '/v1/api-keys', { as: 'operator-olga', body });
  expect(answer.status).toBe(201);
  return answer.body.key as string;
}

/** A seller and a distributor with servers of their own. */
export interface SitePair {
  readonly seller: SiteDouble;
  readonly distributor: SiteDouble;
  /** What an order of theirs begins with. */
  readonly order: Record<string, unknown>;
  close(): Promise<void>;
}

/** Two honest ones, whose names end in `name`. */
export async function sitePair(
  office: Office,
  name: string,
  options: { seller?: PartyOptions; distributor?: PartyOptions } = {},
): Promise<SitePair> {
  const seller = await siteParty(office, 'seller', `seller-${name}`, options.seller);
  const sellers = [seller];
  const distributor = await siteParty(office, 'distributor', `distributor-${name}`, {
    sellers,
    ...options.distributor,
  });
  return {
    seller,
    distributor,
    order: {
      sellerId: seller.party,
      distributorId: distributor.party,
      lines: [{ sku: 'linen-1m', quantity: 4 }],
      deliverTo: { name: 'Ada', street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' },
    },
    async close() {
      await distributor.close();
      await seller.close();
    },
  };
}

/** The distributor's own report, sent by its own server with its own key. */
export async function reportBy(site: SiteDouble, orderId: string, eventId: string, kind = 'delivered'): Promise<void> {
  const event = { eventId, kind, occurredAt: new Date().toISOString() };
  const answer = await site.askOffice('POST', `/v1/orders/${orderId}/distribution-events`, event);
  expect(answer).toMatchObject({ status: 202 });
}
