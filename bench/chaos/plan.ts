import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** The four parts that a chaos run kills. */
export const PARTS = ['worker', 'api', 'temporal', 'database'] as const;
export type Part = (typeof PARTS)[number];

/** What becomes of an order by its parties' will; `declined` asks for more than the buyer's account covers. */
export const FATES = ['deliver', 'cancel', 'lose', 'decline'] as const;
export type Fate = (typeof FATES)[number];

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
}

export interface PlannedKill {
  readonly atMs: number;
  readonly part: Part;
  /** How long the part stays down. */
  readonly downMs: number;
}

export interface ChaosPlan {
  readonly seed: number;
  readonly orders: readonly PlannedOrder[];
  readonly kills: readonly PlannedKill[];
}

/** How far apart kills are on average: shorter than what most orders take from end to end. */
const KILL_GAP_MS = 3_000;
const WARM_UP_MS = 500;

/** What will happen when: the same seed and sizes make the same plan. */
export function planChaos(seed: number, sizes: { orders: number; kills: number }): ChaosPlan {
  const random = randomness(seed);
  const kills = planKills(random, sizes.kills);
  const lastKillMs = kills.at(-1)?.atMs ?? 0;
  const orders = Array.from({ length: sizes.orders }, (_, index) => planOrder(random, `${seed}-${index}`, lastKillMs));
  return { seed, kills, orders: orders.toSorted((a, b) => a.startAtMs - b.startAtMs) };
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

function planKills(random: Randomness, count: number): PlannedKill[] {
  const kills: PlannedKill[] = [];
  for (let atMs = WARM_UP_MS; kills.length < count; atMs += random.between(200, 2 * KILL_GAP_MS - 200)) {
    const part = PARTS[random.between(0, PARTS.length - 1)] ?? 'worker';
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

function fateOf(percentile: number): Fate {
  if (percentile <= 65) return 'deliver';
  if (percentile <= 82) return 'cancel';
  return percentile <= 94 ? 'lose' : 'decline';
}
