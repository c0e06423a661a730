import type { EntityManager } from '@mikro-orm/postgresql';
import { moneyToJson, type Currency, type MoneyJson } from '../../domain/money.ts';
import { Account } from '../../entities/account.entity.ts';
import { Commodity } from '../../entities/commodity.entity.ts';
import { Distributor } from '../../entities/distributor.entity.ts';
import { Seller } from '../../entities/seller.entity.ts';

export interface Offer {
  readonly sku: string;
  readonly name: string;
  readonly price: MoneyJson;
  readonly weightGrams: number;
  /** Hours by the calendar until the goods can be handed over. Default: 24. */
  readonly handlingHours?: number;
}

/** A registry row as the operator sees it. `version` grows with every change. */
export type SellerRegistration = Pick<Seller, 'id' | 'name' | 'status' | 'agent' | 'version' | 'feeBasisPoints'>;
export type DistributorRegistration = Pick<Distributor, 'id' | 'name' | 'status' | 'agent' | 'version' | 'terms'>;

/** All that a PUT of the seller would say. */
export interface WholeSeller extends SellerRegistration {
  readonly currency: Currency;
  readonly commodities: readonly Offer[];
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
  const { currency } = await em.findOneOrFail(Account, { id });
  const offers = await offersOf(em, id);
  return { ...sellerView(seller), currency, commodities: offers.map(offerView) };
}

/** A distributor with its terms; `undefined` when it is not registered. */
export async function readDistributor(em: EntityManager, id: string): Promise<DistributorRegistration | undefined> {
  const distributor = await em.findOne(Distributor, { id });
  return distributor ? distributorView(distributor) : undefined;
}

/** A party that the registry holds as active. */
export interface RegisteredParty {
  readonly id: string;
  readonly name: string;
}

/** Lists the registered (active) sellers by id. A registry holds hundreds, so there are no pages. */
export async function listActiveSellers(em: EntityManager): Promise<RegisteredParty[]> {
  const sellers = await em.find(Seller, { status: 'active' }, { fields: ['id', 'name'], orderBy: { id: 'asc' } });
  return sellers.map(({ id, name }) => ({ id, name }));
}

/** Lists the registered (active) distributors by id. */
export async function listActiveDistributors(em: EntityManager): Promise<RegisteredParty[]> {
  const found = await em.find(Distributor, { status: 'active' }, { fields: ['id', 'name'], orderBy: { id: 'asc' } });
  return found.map(({ id, name }) => ({ id, name }));
}

/** What a seller offers, at its charge of this moment. */
export interface OfferedCommodity {
  readonly sku: string;
  readonly name: string;
  readonly price: MoneyJson;
}

/** Lists what an active seller offers; `undefined` when no such seller is registered. */
export async function listOffers(em: EntityManager, sellerId: string): Promise<OfferedCommodity[] | undefined> {
  const registered = await em.count(Seller, { id: sellerId, status: 'active' });
  if (registered === 0) return undefined;
  const offers = await offersOf(em, sellerId);
  return offers.map((offer) => ({ sku: offer.sku, name: offer.name, price: priceOf(offer) }));
}

function offersOf(em: EntityManager, sellerId: string): Promise<Commodity[]> {
  return em.find(Commodity, { sellerId, active: true }, { orderBy: { sku: 'asc' } });
}

function pageOf({ limit, after = '' }: RegistryPage) {
  return [{ id: { $gt: after } }, { orderBy: { id: 'asc' }, limit: limit + 1 }] as const;
}

export function sellerView({ id, name, status, agent, version, feeBasisPoints }: Seller): SellerRegistration {
  return { id, name, status, agent, version, feeBasisPoints };
}

export function distributorView({ id, name, status, agent, version, terms }: Distributor): DistributorRegistration {
  return { id, name, status, agent, version, terms };
}

function offerView(offer: Commodity): Offer {
  const { sku, name, weightGrams, handlingHours } = offer;
  return { sku, name, price: priceOf(offer), weightGrams, handlingHours };
}

function priceOf({ priceAmount, currency }: Commodity): MoneyJson {
  return moneyToJson({ amountMinor: priceAmount, currency });
}
