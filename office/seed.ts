import type { EntityManager } from '@mikro-orm/postgresql';
import { officeAccountId } from '../domain/ledger.ts';
import type { Orm } from '../platform/orm.ts';
import { postTransfer } from './ledger/holds.ts';
import { DEMO_BUYERS, DEMO_DISTRIBUTOR, DEMO_SELLERS } from './seed-data.ts';

/**
 * Registers and funds the demo parties, all in one transaction. Repeated it changes nothing: what an operator changed
 * since stays changed, and each deposit has a key that is spent.
 */
export async function seedDemo(orm: Orm): Promise<void> {
  await orm.em.fork().transactional(async (tx) => {
    for (const buyer of DEMO_BUYERS) await seedBuyer(tx, buyer);
    for (const seller of DEMO_SELLERS) await seedSeller(tx, seller);
    await tx.execute('insert into distributors (id, name, terms) values (?, ?, ?::jsonb) on conflict (id) do nothing', [
      DEMO_DISTRIBUTOR.id,
      DEMO_DISTRIBUTOR.name,
      JSON.stringify(DEMO_DISTRIBUTOR.terms),
    ]);
  });
}

async function seedBuyer(tx: EntityManager, buyer: (typeof DEMO_BUYERS)[number]): Promise<void> {
  await seedAccount(tx, buyer.id, 'buyer', buyer.creditLimitMinor);
  await postTransfer(tx, {
    key: `seed:${buyer.id}`,
    kind: 'deposit',
    debitAccountId: officeAccountId('world', 'EUR'),
    creditAccountId: buyer.id,
    amountMinor: buyer.fundsMinor,
    currency: 'EUR',
  });
}

async function seedSeller(tx: EntityManager, seller: (typeof DEMO_SELLERS)[number]): Promise<void> {
  await seedAccount(tx, seller.id, 'seller', 0n);
  await tx.execute('insert into sellers (id, name) values (?, ?) on conflict (id) do nothing', [
    seller.id,
    seller.name,
  ]);
  for (const { sku, name, priceMinor, weightGrams, handlingHours } of seller.commodities) {
    await tx.execute(
      `insert into commodities (seller_id, sku, name, price_amount, currency, weight_grams, handling_hours)
       values (?, ?, ?, ?, 'EUR', ?, ?) on conflict (seller_id, sku) do nothing`,
      [seller.id, sku, name, priceMinor, weightGrams, handlingHours],
    );
  }
}

async function seedAccount(tx: EntityManager, id: string, kind: 'buyer' | 'seller', creditLimitMinor: bigint) {
  await tx.execute(
    "insert into accounts (id, kind, currency, credit_limit) values (?, ?, 'EUR', ?) on conflict (id) do nothing",
    [id, kind, creditLimitMinor],
  );
}
