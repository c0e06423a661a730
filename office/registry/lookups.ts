import DataLoader from 'dataloader';
import type { Orm } from '../../platform/orm.ts';
import type { AccountFacts, Offer } from '../../domain/judgement.ts';
import type { DistributorTerms } from '../../domain/dispatch.ts';
import type { Agent } from '../../domain/party.ts';
import { isCurrency } from '../../domain/money.ts';

export interface BuyerRecord extends AccountFacts {
  readonly agent: Agent;
}
export interface SellerRecord {
  readonly name: string;
  readonly status: 'active' | 'suspended';
  readonly agent: Agent;
  readonly version: number;
}
export interface DistributorRecord extends SellerRecord {
  readonly terms: DistributorTerms;
}

/** The check office's registers: accounts, sellers with their offers, distributors, and which orders are on record. */
export interface RegistryLookups {
  buyer(id: string): Promise<BuyerRecord | undefined>;
  seller(id: string): Promise<SellerRecord | undefined>;
  offers(sellerId: string): Promise<Offer[]>;
  distributor(id: string): Promise<DistributorRecord | undefined>;
  /** Whether the order has a check on record, has ended, or is to end. */
  decided(orderId: string): Promise<boolean>;
}

/** How long questions are gathered into one: the parallel questions of one order arrive within it. */
const BATCH_WINDOW_MS = 1;

/**
 * Reads the registers with one statement for all questions of the same moment: the four parallel judgements of an order,
 * and those of other orders, cost the database one round trip. Nothing is remembered between two questions.
 */
export function createRegistryLookups(orm: Orm): RegistryLookups {
  const loader = new DataLoader<string, RegisterRow['facts'] | undefined>((keys) => ask(orm, keys), {
    cache: false,
    batchScheduleFn: (dispatch) => setTimeout(dispatch, BATCH_WINDOW_MS),
  });
  return {
    buyer: async (id) => buyerFrom(await loader.load(`account:${id}`)),
    seller: async (id) => sellerFrom(await loader.load(`seller:${id}`)),
    offers: async (sellerId) => offersFrom(await loader.load(`offers:${sellerId}`)),
    distributor: async (id) => distributorFrom(await loader.load(`distributor:${id}`)),
    decided: async (orderId) => (await loader.load(`order:${orderId}`)) !== undefined,
  };
}

type Facts = Record<string, unknown>;
interface RegisterRow {
  key: string;
  facts: Facts;
}

const QUESTION = `
  with asked as (select distinct unnest(?::text[]) as key)
  select key, (select to_jsonb(a) from accounts a where a.id = substr(key, 9) and a.kind = 'buyer') as facts
    from asked where key like 'account:%'
  union all
  select key, (select to_jsonb(s) from sellers s where s.id = substr(key, 8)) from asked where key like 'seller:%'
  union all
  select key, (select jsonb_build_object('offers', coalesce(jsonb_agg(c), '[]'))
    from commodities c where c.seller_id = substr(key, 8) and c.active) from asked where key like 'offers:%'
  union all
  select key, (select to_jsonb(d) from distributors d where d.id = substr(key, 13)) from asked where key like 'distributor:%'
  union all
  select key, (select jsonb_build_object('stage', o.stage) from orders o
    where o.id = substr(key, 7) and (o.stage <> 'requested' or o.ending is not null)) from asked where key like 'order:%'`;

async function ask(orm: Orm, keys: readonly string[]): Promise<(Facts | undefined)[]> {
  const rows = await orm.em.fork().execute<RegisterRow[]>(QUESTION, [`{${keys.map(quoted).join(',')}}`]);
  const known = new Map(rows.map((row) => [row.key, row.facts ?? undefined]));
  return keys.map((key) => known.get(key));
}

/** An element of a PostgreSQL array literal. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function buyerFrom(facts: Facts | undefined): BuyerRecord | undefined {
  return (
    facts && {
      currency: String(facts.currency),
      status: facts.status as BuyerRecord['status'],
      agent: facts.agent as Agent,
      balanceMinor: BigInt(String(facts.balance)),
      heldMinor: BigInt(String(facts.held)),
      creditLimitMinor: BigInt(String(facts.credit_limit)),
    }
  );
}

function sellerFrom(facts: Facts | undefined): SellerRecord | undefined {
  return (
    facts && {
      name: String(facts.name),
      status: facts.status as SellerRecord['status'],
      agent: facts.agent as Agent,
      version: Number(facts.version),
    }
  );
}

function distributorFrom(facts: Facts | undefined): DistributorRecord | undefined {
  const common = sellerFrom(facts);
  return facts && common && { ...common, terms: facts.terms as DistributorTerms };
}

function offersFrom(facts: Facts | undefined): Offer[] {
  return ((facts?.offers ?? []) as Facts[]).map((row) => {
    const currency = String(row.currency);
    if (!isCurrency(currency)) throw new Error(`commodity ${String(row.sku)} has the unknown currency ${currency}`);
    return {
      sku: String(row.sku),
      name: String(row.name),
      price: { amount: Number(row.price_amount), currency },
      weightGrams: Number(row.weight_grams),
      handlingHours: Number(row.handling_hours),
    };
  });
}
