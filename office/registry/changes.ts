import { isDeepStrictEqual } from 'node:util';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { DistributorTerms } from '../../domain/dispatch.ts';
import type { Currency } from '../../domain/money.ts';
import type { Agent, RegistrationStatus } from '../../domain/party.ts';
import type { PaymentDemanding, SettlePolicy } from '../../domain/settlement.ts';
import { Account } from '../../entities/account.entity.ts';
import { Distributor } from '../../entities/distributor.entity.ts';
import { Seller } from '../../entities/seller.entity.ts';
import type { Orm } from '../../platform/orm.ts';
import { done, refused, type Outcome, type Refusal } from '../outcome.ts';
import { inTransaction, LOCKED } from '../transaction.ts';
import { DEFAULT_HANDLING_HOURS, writeOffers, type Offer, type OfferState } from './offers.ts';
import { distributorView, sellerView, type DistributorRegistration, type SellerRegistration } from './reading.ts';

/** A party's own server. */
export interface Site {
  readonly url: string;
}

interface RegistryInput {
  readonly id: string;
  readonly name: string;
  readonly status: RegistrationStatus;
  readonly agent: Agent;
  /** Where its own server is, needed for the agent `site`. Absent: that stays. */
  readonly site?: Site;
  /** The version that the change rests on: another one by now, and nothing is changed. Absent: whatever it is. */
  readonly version?: number;
}

export interface SellerInput extends RegistryInput {
  /** Absent: the fee stays; a new seller pays none. */
  readonly feeBasisPoints?: number;
  /** When it is paid. Absent: that stays; a new seller is paid after the delivery. */
  readonly settleOn?: SettlePolicy;
  /** Who demands its payment. Absent: that stays; for a new seller the office does. */
  readonly paymentDemand?: PaymentDemanding;
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

/**
 * Registers a seller or changes its row, with its account and its offers, in one transaction. Its version grows only when
 * something differed, so that a repeated PUT is no change.
 */
export async function putSeller(
  orm: Orm,
  seller: SellerInput,
): Promise<Outcome<SellerRegistration, 'currency-mismatch' | 'account-exists' | 'site-required' | 'version-conflict'>> {
  const { id, name, status, agent, site, feeBasisPoints, settleOn, paymentDemand, commodities, version } = seller;
  return inTransaction(orm, async (tx) => {
    const former = await tx.findOne(Seller, { id }, LOCKED);
    const outdated = staleVersion(id, former?.version, version);
    if (outdated) return outdated;
    const siteUrl = site?.url ?? former?.siteUrl ?? undefined;
    if (agent === 'site' && siteUrl === undefined) return siteRequired(id);
    const account = await sellerAccount(tx, seller);
    if (account.kind !== 'seller') return refused('account-exists', `${id} is the id of a ${account.kind}'s account`);
    const foreign = commodities?.find((offer) => offer.price.currency !== account.currency);
    if (foreign || (seller.currency && seller.currency !== account.currency))
      return refused('currency-mismatch', `seller ${id} is paid in ${account.currency}: offer in that currency`);
    const wanted = { name, status, agent, ...onlySaid({ siteUrl, feeBasisPoints, settleOn, paymentDemand }) };
    if (!former) await tx.upsert(Seller, { id, ...wanted }, UNLESS_THERE);
    const row = former ?? (await tx.findOneOrFail(Seller, { id }, LOCKED));
    tx.assign(row, wanted);
    if (commodities && (await writeOffers(tx, id, statesOf(commodities), 'dropped')) && former) markChanged(row);
    await tx.flush();
    return done(sellerView(row));
  });
}

/** What a PUT does not say stays as it is. */
function onlySaid<Given extends object>(given: Given): Partial<Given> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<Given>;
}

/** Registers a distributor or changes its row and terms. Repeatable, like `putSeller`. */
export async function putDistributor(
  orm: Orm,
  distributor: DistributorInput,
): Promise<Outcome<DistributorRegistration, 'terms-required' | 'site-required' | 'version-conflict'>> {
  const { id, name, status, agent, site, terms, version } = distributor;
  return inTransaction(orm, async (tx) => {
    const former = await tx.findOne(Distributor, { id }, LOCKED);
    const outdated = staleVersion(id, former?.version, version);
    if (outdated) return outdated;
    const siteUrl = site?.url ?? former?.siteUrl ?? undefined;
    if (agent === 'site' && siteUrl === undefined) return siteRequired(id);
    const wanted = { name, status, agent, ...onlySaid({ siteUrl }) };
    if (!former && terms) await tx.upsert(Distributor, { id, ...wanted, terms }, UNLESS_THERE);
    const row = former ?? (await tx.findOne(Distributor, { id }, LOCKED));
    if (!row) return refused('terms-required', `distributor ${id} is new: say where and when it delivers`);
    tx.assign(row, wanted);
    takeTerms(row, terms);
    await tx.flush();
    return done(distributorView(row));
  });
}

export function siteRequired(id: string): Refusal<'site-required'> {
  return refused('site-required', `${id} acts through a server of its own: say where that is`);
}

/** The refusal of a change that rests on another version than the registration has now: somebody else was faster. */
export function staleVersion(
  id: string,
  now: number | undefined,
  wanted: number | undefined,
): Refusal<'version-conflict'> | undefined {
  if (wanted === undefined || wanted === now) return undefined;
  const is = now === undefined ? 'is not registered' : `has version ${now} by now`;
  return refused('version-conflict', `${id} ${is}, the change rests on version ${wanted}: read it again`);
}

/** What the registration offers has changed: the version of its row grows with it. */
export function markChanged(row: Seller): void {
  row.updatedAt = new Date();
}

/** The same terms with their members in another order are no change. */
export function takeTerms(row: Distributor, terms: DistributorTerms | undefined): void {
  if (terms && !isDeepStrictEqual(row.terms, terms)) row.terms = terms;
}

/** The seller's account, opened when this is its first registration: who is registered can be paid. */
async function sellerAccount(tx: EntityManager, { id, currency, commodities }: SellerInput): Promise<Account> {
  const former = await tx.findOne(Account, { id });
  if (former) return former;
  const wanted = currency ?? commodities?.[0]?.price.currency ?? 'EUR';
  return tx.upsert(Account, { id, kind: 'seller', currency: wanted }, UNLESS_THERE);
}

/** Of a SKU that is given twice the last counts. */
function statesOf(offers: readonly Offer[]): OfferState[] {
  const bySku = new Map(offers.map((offer) => [offer.sku, offer]));
  return [...bySku.values()].map(({ handlingHours = DEFAULT_HANDLING_HOURS, ...offer }) => ({
    ...offer,
    handlingHours,
    active: true,
  }));
}
