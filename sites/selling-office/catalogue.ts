import { LockMode, type EntityManager } from '@mikro-orm/postgresql';
import type { Line, MoneyJson } from '../../client/site.ts';
import type { Deps } from './deps.ts';
import { Charge } from './entities/charge.entity.ts';
import { Commodity } from './entities/commodity.entity.ts';
import { addErrand } from './outbox/errands.ts';

/** Everything that the shop sells. */
export function readCatalogue(em: EntityManager): Promise<Commodity[]> {
  return em.findAll(Commodity, { orderBy: { sku: 'asc' } });
}

/** A commodity as it is put into the catalogue. */
export type Goods = Omit<Commodity, 'reserved'>;

/** Puts new goods into the catalogue, and offers them at the office. */
export async function stockUp(deps: Deps, goods: readonly Goods[]): Promise<void> {
  const since = deps.clock();
  await deps.orm.em.fork().transactional(async (tx) => {
    for (const one of goods) {
      const { sku, priceAmount, currency } = one;
      tx.create(Commodity, { ...one, reserved: 0 });
      tx.create(Charge, { sku, priceAmount, currency, since });
    }
    await tx.flush();
    await addErrand(tx, 'offers', CATALOGUE, since);
  });
  deps.wake();
}

/** Offers all of it at the office: it may have missed a change while it was away. */
export async function offerCatalogue({ orm, clock, wake }: Deps): Promise<void> {
  await orm.em.fork().transactional((tx) => addErrand(tx, 'offers', CATALOGUE, clock()));
  wake();
}

/** The one subject of the offers. */
export const CATALOGUE = 'catalogue';

/** What of a commodity is to be another. */
export interface CatalogueChange {
  readonly priceAmount?: number;
  readonly onHand?: number;
}

/**
 * Changes a charge or what is there of a commodity. Returns what is wrong with it, in words; the new charge counts for orders
 * from now on and is offered at the office.
 */
export async function changeCommodity(deps: Deps, sku: string, change: CatalogueChange): Promise<string | undefined> {
  const { priceAmount, onHand } = change;
  const now = deps.clock();
  const wrong = await deps.orm.em.fork().transactional(async (tx) => {
    const commodity = await tx.findOne(Commodity, { sku }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (!commodity) return `There is no commodity ${sku}.`;
    if (onHand !== undefined && onHand < commodity.reserved)
      return `${commodity.reserved} of ${sku} are promised to open orders: there must be as many.`;
    if (onHand !== undefined) commodity.onHand = onHand;
    if (priceAmount !== undefined && priceAmount !== commodity.priceAmount) {
      commodity.priceAmount = priceAmount;
      tx.create(Charge, { sku, priceAmount, currency: commodity.currency, since: now });
      await addErrand(tx, 'offers', CATALOGUE, now);
    }
    return undefined;
  });
  deps.wake();
  return wrong;
}

/**
 * Whether that is what the shop charged for these lines when the check was issued (a new charge may have come since), or what
 * it charges now. `unknown`: it does not sell one of them.
 */
export async function judgeCharge(
  em: EntityManager,
  { lines, charge, issuedAt, now }: { lines: readonly Line[]; charge: MoneyJson; issuedAt: Date; now: Date },
): Promise<'same' | 'differs' | 'unknown'> {
  const charges = await em.find(Charge, { sku: { $in: lines.map(({ sku }) => sku) } }, { orderBy: { id: 'asc' } });
  const sums = [now, issuedAt].map((at) => sumOf(lines, charges, at));
  if (sums[0] === undefined) return 'unknown';
  const isSame = sums.some((sum) => sum?.amount === charge.amount && sum.currency === charge.currency);
  return isSame ? 'same' : 'differs';
}

/** The charge of the lines at that time; `undefined` when one of them was not sold. */
function sumOf(lines: readonly Line[], charges: readonly Charge[], at: Date): MoneyJson | undefined {
  let amount = 0;
  let currency = '';
  for (const { sku, quantity } of lines) {
    const charge = charges.findLast((one) => one.sku === sku && one.since <= at);
    if (!charge) return undefined;
    amount += charge.priceAmount * quantity;
    currency = charge.currency;
  }
  return { amount, currency };
}
