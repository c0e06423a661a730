import type { EntityManager } from '@mikro-orm/postgresql';
import type { DistributorTerms } from '../../domain/dispatch.ts';
import { moneyToJson, type Currency } from '../../domain/money.ts';
import { Account } from '../../entities/account.entity.ts';
import { Commodity } from '../../entities/commodity.entity.ts';
import { Distributor } from '../../entities/distributor.entity.ts';
import { Seller } from '../../entities/seller.entity.ts';
import type { Offer } from './changes.ts';
import type { Registration } from './rows.ts';

export interface SellerRegistration extends Registration {
  readonly feeBasisPoints: number;
}
/** All that a PUT of the seller would say. */
export interface WholeSeller extends SellerRegistration {
  readonly currency: Currency;
  readonly commodities: readonly Offer[];
}
export interface DistributorRegistration extends Registration {
  readonly terms: DistributorTerms;
}

/** A page by id, beginning after `after`. */
export interface RegistryPage {
  readonly limit: number;
  readonly after?: string;
}

/** Registered sellers, also suspended ones. One more than `limit` when there are more. */
export async function listSellers(em: EntityManager, page: RegistryPage): Promise<SellerRegistration[]> {
  return (await em.find(Seller, ...pageOf(page))).map(sellerView);
}

/** Registered distributors, also suspended ones. One more than `limit` when there are more. */
export async function listDistributors(em: EntityManager, page: RegistryPage): Promise<DistributorRegistration[]> {
  return (await em.find(Distributor, ...pageOf(page))).map(distributorView);
}

/** A seller with its offers; `undefined` when it is not registered. */
export async function readSeller(em: EntityManager, id: string): Promise<WholeSeller | undefined> {
  const seller = await em.findOne(Seller, { id });
  if (!seller) return undefined;
  const account = await em.findOneOrFail(Account, { id });
  const offers = await em.find(Commodity, { sellerId: id, active: true }, { orderBy: { sku: 'asc' } });
  return { ...sellerView(seller), currency: account.currency, commodities: offers.map(offerView) };
}

/** A distributor with its terms; `undefined` when it is not registered. */
export async function readDistributor(em: EntityManager, id: string): Promise<DistributorRegistration | undefined> {
  const distributor = await em.findOne(Distributor, { id });
  return distributor ? distributorView(distributor) : undefined;
}

function pageOf({ limit, after = '' }: RegistryPage) {
  return [{ id: { $gt: after } }, { orderBy: { id: 'asc' }, limit: limit + 1 }] as const;
}

function sellerView({ id, name, status, agent, version, feeBasisPoints }: Seller): SellerRegistration {
  return { id, name, status, agent, version, feeBasisPoints };
}

function distributorView({ id, name, status, agent, version, terms }: Distributor): DistributorRegistration {
  return { id, name, status, agent, version, terms };
}

function offerView({ sku, name, priceAmount, currency, weightGrams, handlingHours }: Commodity): Offer {
  const price = moneyToJson({ amountMinor: priceAmount, currency });
  return { sku, name, price, weightGrams, handlingHours };
}
