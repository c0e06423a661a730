import type { EntityManager } from '@mikro-orm/postgresql';
import { Account } from '../entities/account.entity.ts';
import { Distributor } from '../entities/distributor.entity.ts';
import { Seller } from '../entities/seller.entity.ts';
import type { Orm } from '../platform/orm.ts';
import { admitApiKey } from './registry/index.ts';
import { DEMO_SITES } from './seed-data.ts';
import { inTransaction } from './transaction.ts';

/** Where a party's own server is, and by what it names itself at the office. */
export interface SiteRegistration {
  /** `http://127.0.0.1:4001`, without a path. */
  readonly url: string;
  /** Where the same server was before: a registration that still says so is renewed. */
  readonly formerUrls: readonly string[];
  readonly apiKey: string;
}

/** By what the server is. */
export type SiteRegistrations = Readonly<Record<keyof typeof DEMO_SITES, SiteRegistration>>;

/** What an operator changed since stays changed. */
const UNLESS_THERE = { onConflictAction: 'ignore' } as const;

/**
 * Registers the selling office and the distributing company that run beside the office, opens the seller's account and admits the
 * API keys of both, in one transaction. Repeated it renews their addresses, and nothing else: not even those, where
 * somebody has registered another server instead. The seller's offers come from its own catalogue.
 */
export async function seedSites(orm: Orm, sites: SiteRegistrations): Promise<void> {
  const { sellingOffice, distributingCompany } = DEMO_SITES;
  await inTransaction(orm, async (tx) => {
    await tx.upsert(Account, { id: sellingOffice.id, kind: 'seller', currency: 'EUR' }, UNLESS_THERE);
    const seller = { ...sellingOffice, agent: 'site', settleOn: 'buyer_chooses', paymentDemand: 'own' } as const;
    await tx.upsert(Seller, { ...seller, siteUrl: sites.sellingOffice.url }, UNLESS_THERE);
    const distributor = { ...distributingCompany, agent: 'site', siteUrl: sites.distributingCompany.url } as const;
    await tx.upsert(Distributor, distributor, UNLESS_THERE);
    renewAddress(await tx.findOneOrFail(Seller, { id: seller.id }), sites.sellingOffice);
    renewAddress(await tx.findOneOrFail(Distributor, { id: distributor.id }), sites.distributingCompany);
    await tx.flush();
    await admit(tx, { partyId: seller.id, role: 'seller', name: 'selling office' }, sites.sellingOffice);
    const distributorKey = { partyId: distributor.id, role: 'distributor', name: 'distributing company' } as const;
    await admit(tx, distributorKey, sites.distributingCompany);
  });
}

/** The version of a registration grows only where its address is another one. */
function renewAddress(row: { siteUrl?: string | null }, { url, formerUrls }: SiteRegistration): void {
  if (row.siteUrl === url) return;
  if (row.siteUrl == null || formerUrls.includes(row.siteUrl)) row.siteUrl = url;
}

function admit(
  tx: EntityManager,
  holder: { partyId: string; role: 'seller' | 'distributor'; name: string },
  { apiKey }: SiteRegistration,
): Promise<void> {
  return admitApiKey(tx, apiKey, { ...holder, scopes: ['read', 'write'], createdBy: 'service' });
}
