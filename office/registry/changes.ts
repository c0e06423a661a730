import type { EntityManager } from '@mikro-orm/postgresql';
import type { DistributorTerms } from '../../domain/dispatch.ts';
import { moneyFromJson, type Currency, type MoneyJson } from '../../domain/money.ts';
import type { Agent } from '../../domain/party.ts';
import type { Orm } from '../../platform/orm.ts';
import { done, refused, type Outcome } from '../outcome.ts';
import { putRow, type Registration, type RegistryStatus } from './rows.ts';
import { inTransaction } from '../transaction.ts';

export type { Registration, RegistryStatus } from './rows.ts';

export interface Offer {
  readonly sku: string;
  readonly name: string;
  readonly price: MoneyJson;
  readonly weightGrams: number;
  /** Working hours until the goods can be handed over. Default: 24. */
  readonly handlingHours?: number;
}

export interface SellerInput {
  readonly id: string;
  readonly name: string;
  readonly status: RegistryStatus;
  readonly agent: Agent;
  /** Absent: the fee stays; a new seller pays none. */
  readonly feeBasisPoints?: number;
  /** The currency of the seller's account, which is opened with its registration. Default: that of the offers, or EUR. */
  readonly currency?: Currency;
  /** Absent: the offers stay. Given: these are all of them, others are no longer offered. */
  readonly commodities?: readonly Offer[];
}

export interface DistributorInput {
  readonly id: string;
  readonly name: string;
  readonly status: RegistryStatus;
  readonly agent: Agent;
  /** Absent: the terms stay; a new distributor must give them. */
  readonly terms?: DistributorTerms;
}

/** Registers a seller or changes its row, with its account and its offers, in one transaction. Repeatable. */
export async function putSeller(
  orm: Orm,
  seller: SellerInput,
): Promise<Outcome<Registration, 'currency-mismatch' | 'account-exists'>> {
  return inTransaction(orm, async (tx) => {
    const account = await sellerAccount(tx, seller);
    if (account.kind !== 'seller')
      return refused('account-exists', `${seller.id} is the id of a ${account.kind}'s account`);
    const foreign = seller.commodities?.find((offer) => offer.price.currency !== account.currency);
    if (foreign || (seller.currency && seller.currency !== account.currency)) {
      return refused('currency-mismatch', `seller ${seller.id} is paid in ${account.currency}: offer in that currency`);
    }
    const row = await putRow(tx, 'sellers', seller, { fee_basis_points: seller.feeBasisPoints });
    if (seller.commodities) await replaceOffers(tx, seller.id, seller.commodities);
    return done(row);
  });
}

/** Registers a distributor or changes its row and terms. Repeatable. */
export async function putDistributor(
  orm: Orm,
  distributor: DistributorInput,
): Promise<Outcome<Registration & { readonly terms: DistributorTerms }, 'terms-required'>> {
  return inTransaction(orm, async (tx) => {
    const [known] = await tx.execute<{ terms: DistributorTerms }[]>(
      'select terms from distributors where id = ? for update',
      [distributor.id],
    );
    const terms = distributor.terms ?? known?.terms;
    if (!terms)
      return refused('terms-required', `distributor ${distributor.id} is new: say where and when it delivers`);
    const row = await putRow(tx, 'distributors', distributor, { terms: JSON.stringify(terms) });
    return done({ ...row, terms });
  });
}

/** The seller's account, opened when this is its first registration: who is registered can be paid. */
async function sellerAccount(tx: EntityManager, seller: SellerInput): Promise<{ kind: string; currency: string }> {
  const currency = seller.currency ?? seller.commodities?.[0]?.price.currency ?? 'EUR';
  await tx.execute("insert into accounts (id, kind, currency) values (?, 'seller', ?) on conflict (id) do nothing", [
    seller.id,
    currency,
  ]);
  const [account] = await tx.execute<{ kind: string; currency: string }[]>(
    'select kind, currency from accounts where id = ?',
    [seller.id],
  );
  if (!account) throw new Error(`the account of seller ${seller.id} vanished`);
  return account;
}

async function replaceOffers(tx: EntityManager, sellerId: string, offers: readonly Offer[]): Promise<void> {
  await tx.execute('update commodities set active = false, updated_at = now() where seller_id = ? and active', [
    sellerId,
  ]);
  for (const { sku, name, price, weightGrams, handlingHours = 24 } of offers) {
    await tx.execute(
      `insert into commodities (seller_id, sku, name, price_amount, currency, weight_grams, handling_hours)
       values (?, ?, ?, ?, ?, ?, ?)
       on conflict (seller_id, sku) do update set name = excluded.name, price_amount = excluded.price_amount,
         currency = excluded.currency, weight_grams = excluded.weight_grams, handling_hours = excluded.handling_hours,
         active = true, updated_at = now()`,
      [sellerId, sku, name, moneyFromJson(price).amountMinor, price.currency, weightGrams, handlingHours],
    );
  }
}
