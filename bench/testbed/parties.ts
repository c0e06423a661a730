import type { Orm } from '../../platform/orm.ts';
import { DEMO_DISTRIBUTOR } from '../../office/seed-data.ts';

/** How many parties trade. Many buyers and sellers: an account that everybody wants is a case of its own. */
export interface Crowd {
  readonly buyers: number;
  readonly sellers: number;
}

export const DISTRIBUTOR = 'bench-distributor';
export const SKU = 'bench-sack';

export function buyerId(place: number, { buyers }: Crowd): string {
  return `bench-buyer-${place % buyers}`;
}

export function sellerId(place: number, { sellers }: Crowd): string {
  return `bench-seller-${place % sellers}`;
}

/** Registers the parties, each buyer with a hundred million euros. Repeated, it only adds what is missing. */
export async function registerCrowd(orm: Orm, { buyers, sellers }: Crowd): Promise<void> {
  const em = orm.em.fork();
  await em.execute(
    `insert into accounts (id, kind, currency) select 'bench-buyer-' || n, 'buyer', 'EUR' from generate_series(0, ?::int - 1) n
     on conflict (id) do nothing`,
    [buyers],
  );
  await em.execute(
    `insert into transfers (key, kind, debit_account_id, credit_account_id, amount, currency)
     select 'bench-deposit:' || n, 'deposit', 'office:world:EUR', 'bench-buyer-' || n, 10000000000, 'EUR'
     from generate_series(0, ?::int - 1) n on conflict (key) do nothing`,
    [buyers],
  );
  await em.execute(
    `insert into accounts (id, kind, currency) select 'bench-seller-' || n, 'seller', 'EUR' from generate_series(0, ?::int - 1) n
     on conflict (id) do nothing`,
    [sellers],
  );
  await em.execute(
    `insert into sellers (id, name) select 'bench-seller-' || n, 'Bench seller ' || n from generate_series(0, ?::int - 1) n
     on conflict (id) do nothing`,
    [sellers],
  );
  await em.execute(
    `insert into commodities (seller_id, sku, name, price_amount, currency, weight_grams)
     select 'bench-seller-' || n, ?, 'A sack', 1250, 'EUR', 25000 from generate_series(0, ?::int - 1) n
     on conflict (seller_id, sku) do nothing`,
    [SKU, sellers],
  );
  await em.execute('insert into distributors (id, name, terms) values (?, ?, ?::jsonb) on conflict (id) do nothing', [
    DISTRIBUTOR,
    'Bench distributor',
    JSON.stringify(DEMO_DISTRIBUTOR.terms),
  ]);
}
