import type { EntityManager } from '@mikro-orm/postgresql';
import type { Currency, MoneyJson } from '../../domain/money.ts';
import type { Role } from '../../domain/party.ts';
import { Account } from '../../entities/account.entity.ts';
import { Distributor } from '../../entities/distributor.entity.ts';
import { Seller } from '../../entities/seller.entity.ts';
import { offersOf, type Offer, type OfferPage } from './offers.ts';

/** A registry row as the operator sees it. `version` grows with every change of it or of what it offers. */
export type SellerRegistration = Pick<
  Seller,
  'id' | 'name' | 'status' | 'agent' | 'version' | 'feeBasisPoints' | 'settleOn' | 'paymentDemand'
> &
  WithSite;
export type DistributorRegistration = Pick<Distributor, 'id' | 'name' | 'status' | 'agent' | 'version' | 'terms'> &
  WithSite;

interface WithSite {
  /** Where its own server is; absent where it never had one. */
  readonly site?: { readonly url: string };
}

/** All that a PUT of the seller would say. */
export interface WholeSeller extends SellerRegistration {
  readonly currency: Currency;
  /** A page of them; one more than its limit when there are more. */
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

/** A seller with a page of its offers; `undefined` when it is not registered. */
export async function readSeller(em: EntityManager, id: string, page: OfferPage): Promise<WholeSeller | undefined> {
  const seller = await em.findOne(Seller, { id });
  if (!seller) return undefined;
  const { currency } = await em.findOneOrFail(Account, { id });
  return { ...sellerView(seller), currency, commodities: await offersOf(em, id, page) };
}

/** A distributor with its terms; `undefined` when it is not registered. */
export async function readDistributor(em: EntityManager, id: string): Promise<DistributorRegistration | undefined> {
  const distributor = await em.findOne(Distributor, { id });
  return distributor ? distributorView(distributor) : undefined;
}

/** Under which name a party is registered, also a suspended one; `undefined` when it is not, as buyers and operators never are. */
export async function readRegisteredName(
  em: EntityManager,
  { id, role }: { readonly id: string; readonly role: Role },
): Promise<string | undefined> {
  if (role === 'seller') return (await em.findOne(Seller, { id }))?.name;
  if (role === 'distributor') return (await em.findOne(Distributor, { id }))?.name;
  return undefined;
}

/** Whether there is a registration of that id, also a suspended one. */
export async function isSeller(em: EntityManager, id: string): Promise<boolean> {
  return (await em.count(Seller, { id })) === 1;
}

export async function isDistributor(em: EntityManager, id: string): Promise<boolean> {
  return (await em.count(Distributor, { id })) === 1;
}

/** A party that the registry holds as active. */
export interface RegisteredParty {
  readonly id: string;
  readonly name: string;
}

/** Registered (active) sellers. One more than `limit` when there are more. */
export async function listActiveSellers(em: EntityManager, page: RegistryPage): Promise<RegisteredParty[]> {
  return (await em.find(Seller, ...activePage(page))).map(({ id, name }) => ({ id, name }));
}

/** A distributor that the registry holds as active, and the countries in which it delivers, its own first. */
export interface ActiveDistributor extends RegisteredParty {
  readonly countries: readonly string[];
}

/** Registered (active) distributors. One more than `limit` when there are more. */
export async function listActiveDistributors(em: EntityManager, page: RegistryPage): Promise<ActiveDistributor[]> {
  const found = await em.find(Distributor, ...activePage(page));
  return found.map(({ id, name, terms: { countries } }) => ({ id, name, countries }));
}

/** What a seller offers, at its charge of this moment. */
export interface OfferedCommodity {
  readonly sku: string;
  readonly name: string;
  readonly price: MoneyJson;
}

/** A page of what an active seller offers; `undefined` when no such seller is registered. One more than `limit` when there are more. */
export async function listOffers(
  em: EntityManager,
  sellerId: string,
  page: OfferPage,
): Promise<OfferedCommodity[] | undefined> {
  const registered = await em.count(Seller, { id: sellerId, status: 'active' });
  if (registered === 0) return undefined;
  return (await offersOf(em, sellerId, page)).map(({ sku, name, price }) => ({ sku, name, price }));
}

function pageOf({ limit, after = '' }: RegistryPage) {
  return [{ id: { $gt: after } }, { orderBy: { id: 'asc' }, limit: limit + 1 }] as const;
}

function activePage(page: RegistryPage) {
  const [beyond, options] = pageOf(page);
  return [{ ...beyond, status: 'active' as const }, options] as const;
}

export function sellerView(seller: Seller): SellerRegistration {
  const { id, name, status, agent, version, feeBasisPoints, settleOn, paymentDemand } = seller;
  return { id, name, status, agent, ...siteOf(seller), version, feeBasisPoints, settleOn, paymentDemand };
}

export function distributorView(distributor: Distributor): DistributorRegistration {
  const { id, name, status, agent, version, terms } = distributor;
  return { id, name, status, agent, ...siteOf(distributor), version, terms };
}

function siteOf({ siteUrl }: Seller | Distributor): WithSite {
  return typeof siteUrl === 'string' ? { site: { url: siteUrl } } : {};
}
