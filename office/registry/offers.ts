import type { EntityManager } from '@mikro-orm/postgresql';
import { moneyToJson, type MoneyJson } from '../../domain/money.ts';
import { knownCurrency } from '../ledger/account-view.ts';

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

/** Lists the registered (active) sellers or distributors by id. A registry holds hundreds, so there are no pages. */
export function listRegistered(em: EntityManager, table: 'sellers' | 'distributors'): Promise<RegisteredParty[]> {
  return em.execute<RegisteredParty[]>(`select id, name from ${table} where status = 'active' order by id`);
}

/** Lists what an active seller offers; `undefined` when no such seller is registered. */
export async function listOffers(em: EntityManager, sellerId: string): Promise<OfferedCommodity[] | undefined> {
  const rows = await em.execute<{ sku: string | null; name: string; price_amount: string; currency: string }[]>(
    `select c.sku, c.name, c.price_amount::text, c.currency from sellers s
     left join commodities c on c.seller_id = s.id and c.active
     where s.id = ? and s.status = 'active' order by c.sku`,
    [sellerId],
  );
  if (rows.length === 0) return undefined;
  return rows.flatMap(({ sku, name, price_amount, currency }) =>
    sku === null ? [] : [{ sku, name, price: priceOf(price_amount, currency) }],
  );
}

function priceOf(amountMinor: string, currency: string): MoneyJson {
  return moneyToJson({ amountMinor: BigInt(amountMinor), currency: knownCurrency(currency) });
}
