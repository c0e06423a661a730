import type { EntityManager } from '@mikro-orm/postgresql';
import { officeAccountId } from '../domain/ledger.ts';
import type { AccountHolder } from '../domain/party.ts';
import { Account } from '../entities/account.entity.ts';
import { Commodity } from '../entities/commodity.entity.ts';
import { Distributor } from '../entities/distributor.entity.ts';
import { Seller } from '../entities/seller.entity.ts';
import type { Orm } from '../platform/orm.ts';
import { postTransfer } from './ledger/index.ts';
import { DEMO_BUYERS, DEMO_DISTRIBUTOR, DEMO_SELLERS } from './seed-data.ts';

/** What an operator changed since stays changed. */
const UNLESS_THERE = { onConflictAction: 'ignore' } as const;

/**
 * Registers and funds the demo parties, all in one transaction. Repeated it changes nothing:
 * each deposit has a key that is spent.
 */
export async function seedDemo(orm: Orm): Promise<void> {
  await orm.em.fork().transactional(async (tx) => {
    for (const buyer of DEMO_BUYERS) await seedBuyer(tx, buyer);
    for (const seller of DEMO_SELLERS) await seedSeller(tx, seller);
    await tx.upsert(Distributor, DEMO_DISTRIBUTOR, UNLESS_THERE);
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
  await tx.upsert(Seller, { id: seller.id, name: seller.name, settleOn: 'buyer_chooses' }, UNLESS_THERE);
  const commodities = seller.commodities.map(({ priceMinor, ...commodity }) => ({
    ...commodity,
    sellerId: seller.id,
    priceAmount: priceMinor,
    currency: 'EUR' as const,
  }));
  await tx.upsertMany(Commodity, commodities, UNLESS_THERE);
}

async function seedAccount(tx: EntityManager, id: string, kind: AccountHolder, creditLimit: bigint): Promise<void> {
  await tx.upsert(Account, { id, kind, currency: 'EUR', creditLimit }, UNLESS_THERE);
}
