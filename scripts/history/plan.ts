import { planDispatch } from '../../domain/dispatch.ts';
import type { DeliverTo, OrderLine, SettleOn } from '../../domain/order.ts';
import * as parties from './parties.ts';
import { seeded, type Random } from './random.ts';

/* Who orders what, when, and how it ends: the same for everybody, but for the day on which it ends. */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** How orders of the history end, and how often: of a hundred about so many. */
const WEIGHTS = {
  completed: 56,
  failedAttempt: 5,
  retried: 1,
  refunded: 3,
  partlyRefunded: 3,
  returned: 2,
  lost: 1,
  declined: 4,
  sellerNotRegistered: 1,
  distributorNotRegistered: 1,
  notDeliverable: 1,
  refusedBySeller: 3,
  notPresented: 2,
  notDecided: 1,
  cancelledEarly: 3,
  cancelledLate: 2,
  stopped: 2,
  aborted: 1,
} as const;
export type StoryName = keyof typeof WEIGHTS;
export const STORY_NAMES = Object.keys(WEIGHTS) as StoryName[];

/** Checks of the history are good for so long. */
export const CHECK_LIFETIME_MS = 7 * DAY_MS;

export interface PlannedOrder {
  /** Its Idempotency-Key. */
  readonly key: string;
  readonly at: Date;
  readonly story: StoryName;
  readonly buyerId: string;
  readonly sellerId: string;
  readonly distributorId: string;
  readonly lines: readonly OrderLine[];
  readonly deliverTo: DeliverTo;
  readonly settleOn: SettleOn;
  /** Its buyer presents the check and indicates the payment by hand. */
  readonly byHand: boolean;
  readonly chargeMinor: number;
  /** For what is decided while it runs. */
  readonly seed: number;
}

export interface Extent {
  readonly weeks: number;
  readonly orders: number;
  /** All of it lies before. */
  readonly end: Date;
}

/** The orders of a history, the earliest first. All of them have ended at its end. */
export function planHistory({ weeks, orders, end }: Extent): PlannedOrder[] {
  const random = seeded(20_251_129);
  const stories = Array.from(
    { length: orders },
    (_, at) => STORY_NAMES[at] ?? random.weighted(Object.entries(WEIGHTS) as [StoryName, number][]),
  );
  const planned = stories.map((story, number) => {
    const at = momentWithin(random, { weeks, end });
    return endedBefore(end, orderOf(random, { story, at, key: `history-${number + 1}` }));
  });
  return planned.toSorted((one, other) => one.at.getTime() - other.at.getTime());
}

/** By the hours of the day in Central Europe, from midnight on. */
const BY_HOUR = [1, 1, 1, 1, 1, 2, 5, 12, 22, 30, 32, 30, 22, 24, 28, 28, 25, 22, 18, 16, 14, 10, 5, 2];
/** From Sunday on. */
const BY_WEEKDAY = [12, 30, 30, 28, 28, 26, 18];
const MOST_BY_HOUR = Math.max(...BY_HOUR);
const MOST_BY_WEEKDAY = Math.max(...BY_WEEKDAY);

/** More by day than by night, on workdays than on Sundays, and towards the end than at the beginning. */
function momentWithin(random: Random, { weeks, end }: Pick<Extent, 'weeks' | 'end'>): Date {
  for (;;) {
    const share = random.next();
    const at = new Date(end.getTime() - (1 - share) * weeks * 7 * DAY_MS);
    const byHour = (BY_HOUR[(at.getUTCHours() + 1) % 24] ?? 1) / MOST_BY_HOUR;
    const byWeekday = (BY_WEEKDAY[at.getUTCDay()] ?? 1) / MOST_BY_WEEKDAY;
    if (random.next() < byHour * byWeekday * (0.6 + 0.4 * share)) return at;
  }
}

/** Whose orders end so, where it takes somebody certain. */
const SELLER_OF: Partial<Record<StoryName, string>> = {
  sellerNotRegistered: parties.SUSPENDED_SELLER,
  refusedBySeller: parties.MANUAL_SELLER,
  notDecided: parties.MANUAL_SELLER,
  aborted: parties.MANUAL_SELLER,
  declined: 'seller-forge',
};
const BY_HAND: readonly StoryName[] = ['notPresented', 'stopped', 'cancelledEarly'];

function orderOf(random: Random, { story, at, key }: Pick<PlannedOrder, 'story' | 'at' | 'key'>): PlannedOrder {
  const buyer = story === 'declined' ? parties.POOR_BUYER : buyerFor(random);
  const deliverTo = story === 'notDeliverable' ? parties.FAR_AWAY : random.pick(buyer.deliverTo);
  const sellerId = SELLER_OF[story] ?? sellerFor(random);
  const goods = goodsOf(random, { sellerId, isDear: story === 'declined', isSmall: buyer.id === 'buyer-bob' });
  const demands = sellerId === parties.DEMANDING_SELLER;
  return {
    key,
    at,
    story,
    buyerId: buyer.id,
    sellerId,
    distributorId:
      story === 'distributorNotRegistered' ? parties.UNKNOWN_DISTRIBUTOR : carrierFor(random, deliverTo, goods),
    lines: goods.map(({ sku, quantity }) => ({ sku, quantity })),
    deliverTo,
    settleOn: settlementOf(random, story, demands),
    byHand: BY_HAND.includes(story) || random.next() < 0.2,
    chargeMinor: goods.reduce((sum, { priceMinor, quantity }) => sum + priceMinor * quantity, 0),
    seed: random.between(1, 1_000_000),
  };
}

/** What was paid before an order is cancelled would make it a refunded one, and that of returned goods, too: their check is to come back unpaid. */
function settlementOf(random: Random, story: StoryName, demandsItself: boolean): SettleOn {
  if (story === 'lost') return 'notice';
  const isPaidLate = demandsItself || ['cancelledLate', 'aborted', 'returned'].includes(story);
  return random.next() < 0.2 && !isPaidLate ? 'notice' : 'delivery';
}

function buyerFor(random: Random): parties.HistoryBuyer {
  const weights = [30, 6, 28, 24, 18];
  return random.weighted(parties.BUYERS.map((buyer, at) => [buyer, weights[at] ?? 10] as const));
}

function sellerFor(random: Random): string {
  return random.weighted([
    ['seller-mill', 34],
    ['seller-forge', 22],
    [parties.MANUAL_SELLER, 16],
    [parties.DEMANDING_SELLER, 16],
    ['seller-kiln', 12],
  ]);
}

interface Wanted extends parties.Goods {
  readonly quantity: number;
}

const MOST_GRAMS = 280_000;

function goodsOf(random: Random, of: { sellerId: string; isDear: boolean; isSmall: boolean }): Wanted[] {
  const offered = parties.GOODS.get(of.sellerId);
  if (!offered) throw new Error(`${of.sellerId} offers nothing`);
  // Dear enough to be declined, and light enough to be carried.
  if (of.isDear) return offered.filter(isHinge).map((hinge) => ({ ...hinge, quantity: random.between(60, 90) }));
  const cheap = offered.toSorted((one, other) => one.priceMinor - other.priceMinor).slice(0, 2);
  const choice = of.isSmall ? cheap : offered;
  const first = random.pick(choice);
  const second = choice.find(({ sku }) => sku !== first.sku);
  const lines = second && !of.isSmall && random.next() < 0.35 ? [first, second] : [first];
  return lines.map((goods) => {
    const most = Math.max(1, Math.floor(MOST_GRAMS / lines.length / goods.weightGrams));
    return { ...goods, quantity: random.between(1, Math.min(most, goods.priceMinor > 20_000 ? 1 : 6)) };
  });
}

function isHinge({ sku }: parties.Goods): boolean {
  return sku === 'hinge-pair';
}

/** One that serves the place and carries so much; where none does, that is the story. */
function carrierFor(random: Random, { country }: DeliverTo, goods: readonly Wanted[]): string {
  const grams = goods.reduce((sum, { weightGrams, quantity }) => sum + weightGrams * quantity, 0);
  const able = [...parties.TERMS].filter(
    ([, terms]) => terms.countries.includes(country) && terms.maxWeightGrams >= grams,
  );
  return able.length === 0 ? 'distributor-swift' : random.pick(able.map(([id]) => id));
}

/** So many hours after the delivery, at the most, nothing happens any more. */
const HOURS_AFTER_DELIVERY: Partial<Record<StoryName, number>> = {
  completed: 22,
  failedAttempt: 106,
  retried: 24,
  refunded: 64,
  partlyRefunded: 64,
  returned: 34,
  lost: 24,
};

/** The same after the order, where nothing is delivered. */
const HOURS_AFTER_ORDER: Partial<Record<StoryName, number>> = {
  refusedBySeller: 14,
  notPresented: 170,
  notDecided: 170,
  cancelledEarly: 6,
  cancelledLate: 24,
  stopped: 4,
  aborted: 20,
};

/** The same order, moved back by as many weeks as it takes to have ended. */
function endedBefore(end: Date, planned: PlannedOrder): PlannedOrder {
  if (latestEndOf(planned) < end.getTime()) return planned;
  return endedBefore(end, { ...planned, at: new Date(planned.at.getTime() - 7 * DAY_MS) });
}

function latestEndOf(planned: PlannedOrder): number {
  const { story, at } = planned;
  const afterDelivery = HOURS_AFTER_DELIVERY[story];
  if (afterDelivery === undefined) return at.getTime() + (HOURS_AFTER_ORDER[story] ?? 1) * HOUR_MS;
  return deliveryOf(planned).getTime() + afterDelivery * HOUR_MS;
}

/** Where somebody acts by hand it may take so long until there is a date. */
const SLOW_MS = 18 * HOUR_MS;

/** By the same rules that fix its date when the order is told. */
function deliveryOf({ at, sellerId, distributorId, lines, deliverTo, byHand }: PlannedOrder): Date {
  const terms = parties.TERMS.get(distributorId);
  if (!terms) return at;
  const isSlow = byHand || sellerId === parties.MANUAL_SELLER || distributorId === parties.MANUAL_DISTRIBUTOR;
  const orderedAt = isSlow ? new Date(at.getTime() + SLOW_MS) : at;
  const offered = parties.GOODS.get(sellerId) ?? [];
  const parcels = lines.flatMap(({ sku, quantity }) =>
    offered.filter((one) => one.sku === sku).map((one) => ({ ...one, quantity })),
  );
  const plan = planDispatch({ parcels, place: deliverTo, terms, orderedAt }, orderedAt);
  return plan.kind === 'planned' ? plan.deliverAt : at;
}
