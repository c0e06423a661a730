import { isDeepStrictEqual } from 'node:util';
import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import type { DistributorTerms } from '../../domain/dispatch.ts';
import { moneyFromJson, type Currency } from '../../domain/money.ts';
import type { Agent, RegistrationStatus } from '../../domain/party.ts';
import { Account } from '../../entities/account.entity.ts';
import { Commodity } from '../../entities/commodity.entity.ts';
import { Distributor } from '../../entities/distributor.entity.ts';
import { Seller } from '../../entities/seller.entity.ts';
import type { Orm } from '../../platform/orm.ts';
import { done, refused, type Outcome } from '../outcome.ts';
import { inTransaction } from '../transaction.ts';
import {
  distributorView,
  sellerView,
  type DistributorRegistration,
  type Offer,
  type SellerRegistration,
} from './reading.ts';

interface RegistryInput {
  readonly id: string;
  readonly name: string;
  readonly status: RegistrationStatus;
  readonly agent: Agent;
}

export interface SellerInput extends RegistryInput {
  /** Absent: the fee stays; a new seller pays none. */
  readonly feeBasisPoints?: number;
  /** The currency of the seller's account, which is opened with its registration. Default: that of the offers, or EUR. */
  readonly currency?: Currency;
  /** Absent: the offers stay. Given: these are all of them, others are no longer offered. */
  readonly commodities?: readonly Offer[];
}

export interface DistributorInput extends RegistryInput {
  /** Absent: the terms stay; a new distributor must give them. */
  readonly terms?: DistributorTerms;
}

/** Make the row unless it is there. */
const UNLESS_THERE = { onConflictAction: 'ignore' } as const;
const LOCKED = { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true } as const;

/**
 * Registers a seller or changes its row, with its account and its offers, in one transaction. Its version grows only when the
 * row changed, so that a repeated PUT is no change.
 */
export async function putSeller(
  orm: Orm,
  seller: SellerInput,
): Promise<Outcome<SellerRegistration, 'currency-mismatch' | 'account-exists'>> {
  return inTransaction(orm, async (tx) => {
    const account = await sellerAccount(tx, seller);
    if (account.kind !== 'seller')
      return refused('account-exists', `${seller.id} is the id of a ${account.kind}'s account`);
    const foreign = seller.commodities?.find((offer) => offer.price.currency !== account.currency);
    if (foreign || (seller.currency && seller.currency !== account.currency)) {
      return refused('currency-mismatch', `seller ${seller.id} is paid in ${account.currency}: offer in that currency`);
    }
    const { id, name, status, agent, feeBasisPoints } = seller;
    const wanted = { name, status, agent, ...(feeBasisPoints !== undefined && { feeBasisPoints }) };
    await tx.upsert(Seller, { id, ...wanted }, UNLESS_THERE);
    const row = await tx.findOneOrFail(Seller, { id }, LOCKED);
    tx.assign(row, wanted);
    await tx.flush();
    if (seller.commodities) await replaceOffers(tx, id, seller.commodities);
    return done(sellerView(row));
  });
}

/** Registers a distributor or changes its row and terms. Repeatable, like `putSeller`. */
export async function putDistributor(
  orm: Orm,
  distributor: DistributorInput,
): Promise<Outcome<DistributorRegistration, 'terms-required'>> {
  const { id, name, status, agent, terms } = distributor;
  return inTransaction(orm, async (tx) => {
    if (terms) await tx.upsert(Distributor, { id, name, status, agent, terms }, UNLESS_THERE);
    const row = await tx.findOne(Distributor, { id }, LOCKED);
    if (!row) return refused('terms-required', `distributor ${id} is new: say where and when it delivers`);
    tx.assign(row, { name, status, agent });
    // The same terms with their members in another order are no change.
    if (terms && !isDeepStrictEqual(row.terms, terms)) row.terms = terms;
    await tx.flush();
    return done(distributorView(row));
  });
}

/** The seller's account, opened when this is its first registration: who is registered can be paid. */
function sellerAccount(tx: EntityManager, { id, currency, commodities }: SellerInput): Promise<Account> {
  const wanted = currency ?? commodities?.[0]?.price.currency ?? 'EUR';
  return tx.upsert(Account, { id, kind: 'seller', currency: wanted }, UNLESS_THERE);
}

async function replaceOffers(tx: EntityManager, sellerId: string, offers: readonly Offer[]): Promise<void> {
  await tx.nativeUpdate(Commodity, { sellerId, active: true }, { active: false, updatedAt: new Date() });
  // One statement cannot write a row twice: of a sku that is given twice the last counts.
  const bySku = new Map(offers.map((offer) => [offer.sku, offer]));
  const rows = [...bySku.values()].map(({ sku, name, price, weightGrams, handlingHours = 24 }) => ({
    sellerId,
    sku,
    name,
    priceAmount: moneyFromJson(price).amountMinor,
    currency: price.currency,
    weightGrams,
    handlingHours,
    active: true,
    updatedAt: new Date(),
  }));
  if (rows.length > 0) await tx.upsertMany(Commodity, rows);
}
