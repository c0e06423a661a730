import type { EntityManager } from '@mikro-orm/postgresql';
import { moneyToJson, type MoneyJson } from '../../domain/money.ts';
import { Commodity } from '../../entities/commodity.entity.ts';

/** What a seller offers, as its registration says it. */
export interface Offer {
  readonly sku: string;
  readonly name: string;
  readonly price: MoneyJson;
  readonly weightGrams: number;
  /** Hours by the calendar until the goods can be handed over. Default: `DEFAULT_HANDLING_HOURS`. */
  readonly handlingHours?: number;
}

/** An offer as it is to stand; one that is not active keeps its row, for orders on their way were made of it. */
export interface OfferState extends Required<Offer> {
  readonly active: boolean;
}

export const DEFAULT_HANDLING_HOURS = 24;

/** The most that one seller offers at a time. */
export const MOST_OFFERS = 5_000;

/** A page by SKU, beginning after `after`. */
export interface OfferPage {
  readonly limit: number;
  readonly after?: string;
}

/** What the seller offers now, by SKU. One more than `limit` when there are more. */
export async function offersOf(em: EntityManager, sellerId: string, { limit, after }: OfferPage): Promise<Offer[]> {
  const beyond = after === undefined ? {} : { sku: { $gt: after } };
  const found = await em.find(
    Commodity,
    { sellerId, active: true, ...beyond },
    { orderBy: { sku: 'asc' }, limit: limit + 1 },
  );
  return found.map(offerView);
}

/** The seller's offers of these SKUs, by SKU, also those that are not active. */
export async function offersBySku(
  em: EntityManager,
  sellerId: string,
  skus: readonly string[],
): Promise<Map<string, OfferState>> {
  const found = await em.find(Commodity, { sellerId, sku: { $in: [...skus] } });
  return new Map(found.map((row) => [row.sku, { ...offerView(row), active: row.active }]));
}

function offerView(row: Commodity): Required<Offer> {
  const { sku, name, priceAmount, currency, weightGrams, handlingHours } = row;
  return { sku, name, price: moneyToJson({ amountMinor: priceAmount, currency }), weightGrams, handlingHours };
}

/** Raw: one statement for thousands of rows, which writes only what differs and says how much that was. */
const WRITE = `
  with given as (
    select * from jsonb_to_recordset(?::jsonb)
      as o(sku text, name text, price jsonb, "weightGrams" int, "handlingHours" int, active boolean)
  ), written as (
    insert into commodities as c (seller_id, sku, name, price_amount, currency, weight_grams, handling_hours, active, updated_at)
    select ?, sku, name, (price->>'amount')::bigint, price->>'currency', "weightGrams", "handlingHours", active, now() from given
    on conflict (seller_id, sku) do update set name = excluded.name, price_amount = excluded.price_amount,
      currency = excluded.currency, weight_grams = excluded.weight_grams, handling_hours = excluded.handling_hours,
      active = excluded.active, updated_at = excluded.updated_at
    where (c.name, c.price_amount, c.currency, c.weight_grams, c.handling_hours, c.active) is distinct from
      (excluded.name, excluded.price_amount, excluded.currency, excluded.weight_grams, excluded.handling_hours, excluded.active)
    returning 1
  ), dropped as (
    update commodities set active = false, updated_at = now()
    where ?::boolean and seller_id = ? and active and sku not in (select sku from given)
    returning 1
  )
  select (select count(*) from written)::int + (select count(*) from dropped)::int as changed`;

/**
 * Writes a seller's offers, each SKU once; with `others: 'dropped'` whatever else it offered is no longer on offer. True when
 * anything differed. The caller holds the seller's row.
 */
export async function writeOffers(
  tx: EntityManager,
  sellerId: string,
  offers: readonly OfferState[],
  others: 'kept' | 'dropped',
): Promise<boolean> {
  const params = [JSON.stringify(offers), sellerId, others === 'dropped', sellerId];
  const [row] = await tx.execute<{ changed: number }[]>(WRITE, params);
  return row !== undefined && row.changed > 0;
}
