import DataLoader from 'dataloader';
import { z } from 'zod';
import type { DistributorTerms } from '../../domain/dispatch.ts';
import type { AccountFacts, Offer } from '../../domain/judgement.ts';
import { CURRENCIES } from '../../domain/money.ts';
import { ACCOUNT_STATUSES, AGENTS, REGISTRATION_STATUSES, type Agent } from '../../domain/party.ts';
import { PAYMENT_DEMANDS, SETTLE_POLICIES } from '../../domain/settlement.ts';
import type { Orm } from '../../platform/orm.ts';

export type BuyerRecord = AccountFacts & { readonly agent: Agent };
export type SellerRecord = z.output<typeof sellerFacts>;
export type DistributorRecord = z.output<typeof distributorFacts>;

/** The check office's registers: accounts, sellers with their offers, distributors, and which orders are on record. */
export interface RegistryLookups {
  buyer(id: string): Promise<BuyerRecord | undefined>;
  seller(id: string): Promise<SellerRecord | undefined>;
  /** What the seller offers of these SKUs now. */
  offers(sellerId: string, skus: readonly string[]): Promise<Offer[]>;
  distributor(id: string): Promise<DistributorRecord | undefined>;
  /** Whether the order has a check on record, has ended, or is to end. */
  decided(orderId: string): Promise<boolean>;
}

/** How long questions are collected into one batch: the parallel questions of one order arrive within it. */
const BATCH_WINDOW_MS = 1;

/**
 * Reads the registers with one statement for all questions of the same moment: the four parallel judgements of an order,
 * and those of other orders, cost the database one round trip. Nothing is remembered between two questions.
 */
export function createRegistryLookups(orm: Orm): RegistryLookups {
  const loader = new DataLoader<string, unknown>((keys) => ask(orm, keys), {
    cache: false,
    batchScheduleFn: (dispatch) => setTimeout(dispatch, BATCH_WINDOW_MS),
  });
  return {
    buyer: async (id) => buyerFacts.optional().parse(await loader.load(`account:${id}`)),
    seller: async (id) => sellerFacts.optional().parse(await loader.load(`seller:${id}`)),
    offers: async (seller, skus) =>
      offersFacts.parse(await loader.load(`offers:${JSON.stringify({ seller, skus })}`)).offers,
    distributor: async (id) => distributorFacts.optional().parse(await loader.load(`distributor:${id}`)),
    decided: async (orderId) => (await loader.load(`order:${orderId}`)) !== undefined,
  };
}

/** Raw: one statement for rows of five tables, as JSON; what comes back is parsed below. */
const QUESTION = `
  with asked as (select unnest(?::text[]) as key)
  select key, (select to_jsonb(a) from accounts a where a.id = substr(key, 9) and a.kind = 'buyer') as facts
    from asked where key like 'account:%'
  union all
  select key, (select to_jsonb(s) from sellers s where s.id = substr(key, 8)) from asked where key like 'seller:%'
  union all
  select key, (select jsonb_build_object('offers', coalesce(jsonb_agg(c), '[]'))
    from (select distinct jsonb_array_elements_text(substr(key, 8)::jsonb -> 'skus') as sku) wanted
      join commodities c on c.seller_id = substr(key, 8)::jsonb ->> 'seller' and c.sku = wanted.sku and c.active)
    from asked where key like 'offers:%'
  union all
  select key, (select to_jsonb(d) from distributors d where d.id = substr(key, 13)) from asked where key like 'distributor:%'
  union all
  select key, (select jsonb_build_object('stage', o.stage) from orders o
    where o.id = substr(key, 7) and (o.stage <> 'requested' or o.ending is not null)) from asked where key like 'order:%'`;

async function ask(orm: Orm, keys: readonly string[]): Promise<unknown[]> {
  const rows = await orm.em
    .fork()
    .execute<{ key: string; facts: unknown }[]>(QUESTION, [`{${[...new Set(keys)].map(quoted).join(',')}}`]);
  const known = new Map(rows.map(({ key, facts }) => [key, facts ?? undefined]));
  return keys.map((key) => known.get(key));
}

/** An element of a PostgreSQL array literal. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** Minor units of a party, which a constraint keeps within what a JSON number carries. */
const minor = z.int().transform(BigInt);

const buyerFacts = z
  .object({
    currency: z.string(),
    status: z.enum(ACCOUNT_STATUSES),
    agent: z.enum(AGENTS),
    balance: minor,
    held: minor,
    credit_limit: minor,
  })
  .transform(({ balance, held, credit_limit: creditLimit, ...account }) => ({
    ...account,
    balanceMinor: balance,
    heldMinor: held,
    creditLimitMinor: creditLimit,
  }));

const partyFacts = z.object({
  name: z.string(),
  status: z.enum(REGISTRATION_STATUSES),
  agent: z.enum(AGENTS),
  version: z.int(),
});

const sellerFacts = partyFacts
  .extend({ settle_on: z.enum(SETTLE_POLICIES), payment_demand: z.enum(PAYMENT_DEMANDS) })
  .transform(({ settle_on: settleOn, payment_demand: paymentDemand, ...seller }) => ({
    ...seller,
    settleOn,
    paymentDemand,
  }));

// The terms were checked when they were written.
const distributorFacts = partyFacts.extend({ terms: z.custom<DistributorTerms>() });

const offer = z
  .object({
    sku: z.string(),
    name: z.string(),
    price_amount: z.int(),
    currency: z.enum(CURRENCIES),
    weight_grams: z.int(),
    handling_hours: z.int(),
  })
  .transform((row): Offer => ({
    sku: row.sku,
    name: row.name,
    price: { amount: row.price_amount, currency: row.currency },
    weightGrams: row.weight_grams,
    handlingHours: row.handling_hours,
  }));
const offersFacts = z.object({ offers: z.array(offer) });
