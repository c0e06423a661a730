import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** The four parts that a chaos run kills. */
export const PARTS = ['worker', 'api', 'temporal', 'database'] as const;
/** The parties' own servers, which a run with sites kills as well. */
export const SITE_PARTS = ['selling office', 'distributing company'] as const;
export type SitePart = (typeof SITE_PARTS)[number];
/** Ways between the parts, whose connections a run drops. */
export const LINKS = ['database link', 'temporal link'] as const;
export type Part = (typeof PARTS)[number] | SitePart;

/** What becomes of an order by its parties' will; `declined` asks for more than the buyer's account covers. */
export const FATES = ['deliver', 'cancel', 'lose', 'decline'] as const;
export type Fate = (typeof FATES)[number];

/** Two who decide about one order at the same moment. */
export const RACES = [
  ['cancel', 'delivered'],
  ['cancel', 'lost'],
  ['cancel', 'picked_up'],
  ['abort', 'delivered'],
  ['abort', 'returned'],
  ['lost', 'delivered'],
  ['returned', 'delivered'],
  ['cancel', 'abort'],
] as const;
export type RaceMove = (typeof RACES)[number][number];

export interface PlannedRace {
  readonly moves: readonly [RaceMove, RaceMove];
  /** How much later the second one comes: within the time in which an order ends. */
  readonly offsetMs: number;
}

export interface PlannedOrder {
  /** Its Idempotency-Key. */
  readonly key: string;
  readonly startAtMs: number;
  readonly fate: Fate;
  readonly quantity: number;
  readonly settleOn: 'delivery' | 'notice';
  /** How long its parties wait after the check before they act. */
  readonly actAfterMs: number;
  /** The buyer's terminal sends the POST twice at once. */
  readonly twice: boolean;
  /** How often the distributor repeats its report. */
  readonly reports: number;
  /** It goes over the parties' own servers, which act for themselves. */
  readonly atSites?: true;
  /** Two moves aimed at the window in which the order ends, instead of its fate. */
  readonly race?: PlannedRace;
}

export interface PlannedKill {
  readonly atMs: number;
  readonly part: Part;
  /** How long the part stays down. */
  readonly downMs: number;
}

export interface PlannedDrop {
  readonly atMs: number;
  readonly link: (typeof LINKS)[number];
  /** How long nobody gets through. */
  readonly downMs: number;
}

export interface ChaosPlan {
  readonly seed: number;
  readonly orders: readonly PlannedOrder[];
  readonly kills: readonly PlannedKill[];
  readonly drops: readonly PlannedDrop[];
}

/** How far apart kills are on average: shorter than what most orders take from end to end. */
const KILL_GAP_MS = 3_000;
const WARM_UP_MS = 500;

/** What will happen when: the same seed and sizes make the same plan. */
export function planChaos(seed: number, sizes: Sizes): ChaosPlan {
  const random = randomness(seed);
  const sites = sizes.sites ?? 0;
  const kills = planKills(random, sizes.kills, sites > 0 ? [...PARTS, ...SITE_PARTS] : PARTS);
  const lastKillMs = kills.at(-1)?.atMs ?? 0;
  const orders = Array.from({ length: sizes.orders }, (_, index) => {
    const order = planOrder(random, `${seed}-${index}`, lastKillMs);
    return index < sites ? overSites(order) : order;
  });
  const races = Array.from({ length: sizes.races ?? 0 }, (_, index) =>
    planRace(random, `${seed}-race-${index}`, lastKillMs),
  );
  const drops = Array.from({ length: sizes.drops ?? 0 }, () => planDrop(random, lastKillMs));
  return {
    seed,
    kills,
    drops: drops.toSorted((a, b) => a.atMs - b.atMs),
    orders: [...orders, ...races].toSorted((a, b) => a.startAtMs - b.startAtMs),
  };
}

/** Orders of all endings at a steady rate, without kills of their own: the same seed makes the same orders. */
export function planLoad(seed: number, load: { readonly orders: number; readonly everyMs: number }): PlannedOrder[] {
  const random = randomness(seed);
  return Array.from({ length: load.orders }, (_, index) => {
    const key = `${seed}-${index}`;
    const order = random.chance(RACE_PERCENT) ? planRace(random, key, 0) : planOrder(random, key, 0);
    const placed = random.chance(SITE_PERCENT) && !order.race ? overSites(order) : order;
    return { ...placed, startAtMs: index * load.everyMs };
  });
}

/** Of a steady load: how many are races, and how many of the others go over the parties' own servers. */
const RACE_PERCENT = 10;
const SITE_PERCENT = 15;

export interface Sizes {
  readonly orders: number;
  readonly kills: number;
  /** Orders beside those, whose end two decide at the same moment. */
  readonly races?: number;
  /** How often all connections of a link are dropped. */
  readonly drops?: number;
  /** How many of the orders go over the parties' own servers. */
  readonly sites?: number;
}

interface Randomness {
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  chance(percent: number): boolean;
}

function randomness(seed: number): Randomness {
  const generator = xoroshiro128plus(seed);
  const between = (least: number, most: number): number => uniformInt(generator, least, most);
  return { between, chance: (percent) => between(1, 100) <= percent };
}

function planKills(random: Randomness, count: number, parts: readonly Part[]): PlannedKill[] {
  const kills: PlannedKill[] = [];
  for (let atMs = WARM_UP_MS; kills.length < count; atMs += random.between(200, 2 * KILL_GAP_MS - 200)) {
    const part = parts[random.between(0, parts.length - 1)] ?? 'worker';
    kills.push({ atMs, part, downMs: random.between(0, 2_000) });
  }
  return kills;
}

/** Orders start all over the time of the kills, so that every kill finds some of them under way. */
function planOrder(random: Randomness, key: string, untilMs: number): PlannedOrder {
  const fate = fateOf(random.between(1, 100));
  return {
    key,
    startAtMs: random.between(0, untilMs),
    fate,
    quantity: random.between(1, 9),
    settleOn: random.chance(30) ? 'notice' : 'delivery',
    actAfterMs: random.between(0, 3_000),
    twice: random.chance(20),
    reports: random.between(1, 3),
  };
}

/** The driver of the company delivers by itself and loses nothing: what would be lost is cancelled, what declined is bought. */
function overSites(order: PlannedOrder): PlannedOrder {
  const fate = order.fate === 'cancel' || order.fate === 'lose' ? 'cancel' : 'deliver';
  return { ...order, fate, atSites: true };
}

function planRace(random: Randomness, key: string, untilMs: number): PlannedOrder {
  const moves = RACES[random.between(0, RACES.length - 1)] ?? RACES[0];
  const order = planOrder(random, key, untilMs);
  return { ...order, fate: 'deliver', race: { moves, offsetMs: random.between(0, 60) } };
}

function planDrop(random: Randomness, untilMs: number): PlannedDrop {
  const link = LINKS[random.between(0, LINKS.length - 1)] ?? LINKS[0];
  return { atMs: random.between(0, untilMs), link, downMs: random.between(0, 1_500) };
}

function fateOf(percentile: number): Fate {
  if (percentile <= 65) return 'deliver';
  if (percentile <= 82) return 'cancel';
  return percentile <= 94 ? 'lose' : 'decline';
}
