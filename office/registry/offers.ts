import type { EntityManager } from '@mikro-orm/postgresql';
import { moneyToJson, type MoneyJson } from '../../domain/money.ts';
import { Commodity } from '../../entities/commodity.entity.ts';
import { Distributor } from '../../entities/distributor.entity.ts';
import { Seller } from '../../entities/seller.entity.ts';

/** A party that the registry holds as active. */
export interface RegisteredParty {
  readonly id: string;
  readonly name: string;
}

/** What a seller offers, at its charge of this moment. */
export interface OfferedCommodity {
  readonly sku: string;
  readonly name: string;
  readonly price: MoneyJson;
}

const BY_ID = { fields: ['id', 'name'], orderBy: { id: 'asc' } } as const;

/** Lists the registered (active) sellers by id. A registry holds hundreds, so there are no pages. */
export function listActiveSellers(em: EntityManager): Promise<RegisteredParty[]> {
  return em.find(Seller, { status: 'active' }, BY_ID);
}

/** Lists the registered (active) distributors by id. */
export function listActiveDistributors(em: EntityManager): Promise<RegisteredParty[]> {
  return em.find(Distributor, { status: 'active' }, BY_ID);
}

/** Lists what an active seller offers; `undefined` when no such seller is registered. */
export async function listOffers(em: EntityManager, sellerId: string): Promise<OfferedCommodity[] | undefined> {
  const registered = await em.count(Seller, { id: sellerId, status: 'active' });
  if (registered === 0) return undefined;
  const offers = await em.find(Commodity, { sellerId, active: true }, { orderBy: { sku: 'asc' } });
  return offers.map(({ sku, name, priceAmount, currency }) => ({
    sku,
    name,
    price: moneyToJson({ amountMinor: priceAmount, currency }),
  }));
}
