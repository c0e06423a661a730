import type { EntityManager } from '@mikro-orm/postgresql';
import type { DistributorTerms } from '../../domain/dispatch.ts';
import type { Agent } from '../../domain/party.ts';
import { Account } from '../../entities/account.entity.ts';
import { Commodity } from '../../entities/commodity.entity.ts';
import { Distributor } from '../../entities/distributor.entity.ts';
import { Seller } from '../../entities/seller.entity.ts';
import type { Orm } from '../../platform/orm.ts';
import { done, refused, type Outcome, type Refusal } from '../outcome.ts';
import { inTransaction, LOCKED } from '../transaction.ts';
import { markChanged, siteRequired, staleVersion, takeTerms, type Site } from './changes.ts';
import {
  DEFAULT_HANDLING_HOURS,
  MOST_OFFERS,
  offersBySku,
  writeOffers,
  type Offer,
  type OfferState,
} from './offers.ts';
import { distributorView, sellerView, type DistributorRegistration, type SellerRegistration } from './reading.ts';

/** What of an offer changes; a new one needs all but `handlingHours` and `active`. */
export interface OfferChange extends Partial<Omit<Offer, 'sku'>> {
  readonly sku: string;
  /** `false`: no longer on offer. */
  readonly active?: boolean;
}

interface SelfChange {
  readonly id: string;
  readonly agent?: Agent;
  /** Where its own server is. */
  readonly site?: Site;
  /** The version that the change rests on. Absent: whatever it is, for what is not named stays as it is. */
  readonly version?: number;
}

export interface SellerSelfChange extends SelfChange {
  readonly commodities?: readonly OfferChange[];
}

export interface DistributorSelfChange extends SelfChange {
  readonly terms?: DistributorTerms;
}

export type SelfRefusalCode =
  | 'not-registered'
  | 'version-conflict'
  | 'site-required'
  | 'offer-incomplete'
  | 'currency-mismatch'
  | 'too-many-offers';

/**
 * A seller changes its own offers and its agent: what it does not name stays. Its status, its fee and when it is paid are the
 * check office's. Changes of one seller come one after the other, and each that differs makes the version grow.
 */
export function changeOwnSeller(
  orm: Orm,
  change: SellerSelfChange,
): Promise<Outcome<SellerRegistration, SelfRefusalCode>> {
  const { id, version, commodities = [] } = change;
  return inTransaction(orm, async (tx) => {
    const row = await tx.findOne(Seller, { id }, LOCKED);
    if (!row) return notRegistered(id);
    const outdated = staleVersion(id, row.version, version);
    if (outdated) return outdated;
    if (!takeAgent(row, change)) return siteRequired(id);
    const offers = await offersAfter(tx, id, commodities);
    if ('ok' in offers) return offers;
    if (await writeOffers(tx, id, offers, 'kept')) markChanged(row);
    await tx.flush();
    return done(sellerView(row));
  });
}

/** A distributor changes its own terms, as a whole, and its agent. */
export function changeOwnDistributor(
  orm: Orm,
  change: DistributorSelfChange,
): Promise<Outcome<DistributorRegistration, SelfRefusalCode>> {
  const { id, version, terms } = change;
  return inTransaction(orm, async (tx) => {
    const row = await tx.findOne(Distributor, { id }, LOCKED);
    if (!row) return notRegistered(id);
    const outdated = staleVersion(id, row.version, version);
    if (outdated) return outdated;
    if (!takeAgent(row, change)) return siteRequired(id);
    takeTerms(row, terms);
    await tx.flush();
    return done(distributorView(row));
  });
}

/** Who acts for the party, and where its own server is; false, and nothing is changed, when it needs a server and has named none. */
function takeAgent(row: Seller | Distributor, { agent = row.agent, site }: SelfChange): boolean {
  const siteUrl = site?.url ?? row.siteUrl;
  if (agent === 'site' && typeof siteUrl !== 'string') return false;
  row.agent = agent;
  row.siteUrl = siteUrl;
  return true;
}

type OfferRefusal = Refusal<'offer-incomplete' | 'currency-mismatch' | 'too-many-offers'>;

/** The offers that the changes name, as they are to stand; of a SKU that is named twice the changes are made in their order. */
async function offersAfter(
  tx: EntityManager,
  sellerId: string,
  changes: readonly OfferChange[],
): Promise<OfferState[] | OfferRefusal> {
  if (changes.length === 0) return [];
  const { currency } = await tx.findOneOrFail(Account, { id: sellerId });
  const before = await offersBySku(
    tx,
    sellerId,
    changes.map(({ sku }) => sku),
  );
  const after = new Map<string, OfferState>();
  for (const change of changes) {
    const offer = changed(after.get(change.sku) ?? before.get(change.sku), change);
    if (!offer)
      return refused('offer-incomplete', `commodity ${change.sku} is new: say its name, price and weightGrams`);
    if (offer.price.currency !== currency)
      return refused('currency-mismatch', `seller ${sellerId} is paid in ${currency}: offer in that currency`);
    after.set(change.sku, offer);
  }
  const active = (offers: ReadonlyMap<string, OfferState>) =>
    [...offers.values()].filter((offer) => offer.active).length;
  const offered = (await tx.count(Commodity, { sellerId, active: true })) - active(before) + active(after);
  if (offered > MOST_OFFERS)
    return refused(
      'too-many-offers',
      `seller ${sellerId} would offer ${offered} commodities, of at most ${MOST_OFFERS}`,
    );
  return [...after.values()];
}

/** The offer with the change made; `undefined` when it is new and the change does not say all of it. */
function changed(offer: OfferState | undefined, change: OfferChange): OfferState | undefined {
  const {
    name,
    price,
    weightGrams,
    handlingHours = DEFAULT_HANDLING_HOURS,
    active = true,
    sku,
  } = { ...offer, ...change };
  if (name === undefined || price === undefined || weightGrams === undefined) return undefined;
  return { sku, name, price, weightGrams, handlingHours, active };
}

function notRegistered(id: string) {
  return refused('not-registered', `${id} is not registered at the check office`);
}
