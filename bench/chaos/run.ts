import { setTimeout as sleep } from 'node:timers/promises';
import { openClient } from './client.ts';
import { playOrder, type OrderOutcome } from './parties.ts';
import type { ChaosPlan, Part } from './plan.ts';
import { startSystem, type ChaosSystem } from './system.ts';
import { untilOffered } from './sites.ts';
import { judgeRun, type Verdict } from './verdict.ts';

export interface ChaosOptions {
  readonly folder: string;
  /** How long after the last kill an order may still take. */
  readonly timeoutMs: number;
  readonly log?: (line: string) => void;
  /** Gets what stops the system before its first part starts, for whoever is interrupted. */
  readonly started?: (stop: () => Promise<void>) => void;
}

export interface ChaosReport {
  readonly seed: number;
  readonly orders: number;
  /** Those of them whose end two decided at the same moment. */
  readonly races: number;
  /** How often all connections to the database or to Temporal were dropped. */
  readonly drops: number;
  /** How many of the orders went over the parties' own servers. */
  readonly sites: number;
  readonly kills: Readonly<Partial<Record<Part, number>>>;
  /** How often each part was started, the first time included. */
  readonly starts: Readonly<Partial<Record<Part, number>>>;
  /** Requests that the parties had to repeat. */
  readonly repeats: number;
  readonly stages: Readonly<Record<string, number>>;
  readonly slowestOrderMs: number;
  readonly tookMs: number;
  readonly verdict: Verdict;
}

/** Runs a plan against a system of its own: orders run, parts are killed, and at the end everything is compared. */
export async function runChaos(plan: ChaosPlan, options: ChaosOptions): Promise<ChaosReport> {
  const { folder, timeoutMs, log = () => undefined } = options;
  log('starting PostgreSQL, Temporal, worker and API, and the sites where the plan has any');
  const withSites = plan.orders.some(({ atSites }) => atSites);
  const system = await startSystem(folder, { withSites, started: options.started });
  try {
    let startedAt = Date.now();
    const deadline = () => startedAt + (plan.kills.at(-1)?.atMs ?? 0) + timeoutMs;
    const client = await openClient([system.apiUrl], deadline);
    // The clock of the plan starts when the service answers.
    await client.ask('operator-olga', 'GET', '/v1/orders');
    if (system.sites.length > 0) await untilOffered(client);
    startedAt = Date.now();
    const killing = Promise.all([killAsPlanned(plan, system, log), dropAsPlanned(plan, system, log)]);
    const outcomes = await Promise.all(
      plan.orders.map(async (order) => {
        await sleep(order.startAtMs);
        const outcome = await playOrder(client, order, deadline);
        log(`${order.key} ${order.fate}: ${outcome.stage ?? 'unknown'} after ${outcome.tookMs} ms`);
        return outcome;
      }),
    );
    await killing;
    return await reportOf(plan, system, { outcomes, repeats: client.repeats, tookMs: Date.now() - startedAt });
  } finally {
    await system.stop();
  }
}

async function killAsPlanned(plan: ChaosPlan, system: ChaosSystem, log: (line: string) => void): Promise<void> {
  const startedAt = Date.now();
  for (const { atMs, part, downMs } of plan.kills) {
    await sleep(Math.max(0, startedAt + atMs - Date.now()));
    log(`kill -9 ${part}, down for ${downMs} ms`);
    system.kill(part, downMs);
  }
}

async function dropAsPlanned(plan: ChaosPlan, system: ChaosSystem, log: (line: string) => void): Promise<void> {
  const startedAt = Date.now();
  for (const { atMs, link, downMs } of plan.drops) {
    await sleep(Math.max(0, startedAt + atMs - Date.now()));
    log(`${link} dropped, down for ${downMs} ms`);
    system.drop(link, downMs);
  }
}

async function reportOf(
  plan: ChaosPlan,
  system: ChaosSystem,
  run: { outcomes: OrderOutcome[]; repeats: number; tookMs: number },
): Promise<ChaosReport> {
  const verdict = await untilSettled(() => judgeRun(system, run.outcomes));
  return {
    seed: plan.seed,
    orders: plan.orders.length,
    races: plan.orders.filter(({ race }) => race).length,
    drops: plan.drops.length,
    sites: plan.orders.filter(({ atSites }) => atSites).length,
    kills: countBy(
      Object.keys(system.starts()) as Part[],
      plan.kills.map(({ part }) => part),
    ),
    starts: system.starts(),
    repeats: run.repeats,
    stages: countBy(
      [],
      run.outcomes.map(({ stage }) => stage ?? 'unknown'),
    ),
    slowestOrderMs: Math.max(...run.outcomes.map(({ tookMs }) => tookMs)),
    tookMs: run.tookMs,
    verdict,
  };
}

/**
 * An attempt of a step whose worker was killed is missed half a minute later, and a server that was away is tried again within a
 * minute; the workflow waits for both.
 */
const LOOKS = 400;

/** A workflow closes after its order's row says so: only what is still running a while later is stuck. */
export async function untilSettled(judge: () => Promise<Verdict>): Promise<Verdict> {
  for (let attempt = 0; ; attempt += 1) {
    const verdict = await judge().catch((error: unknown) => {
      if (attempt >= LOOKS) throw error;
      return undefined;
    });
    if (verdict && (verdict.stuck.length + verdict.lost.length === 0 || attempt >= LOOKS)) return verdict;
    await sleep(250);
  }
}

function countBy<Key extends string>(keys: readonly Key[], values: readonly Key[]): Record<Key, number> {
  const counts = Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>;
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
