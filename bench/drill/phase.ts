import { setTimeout as sleep } from 'node:timers/promises';
import type { KeptPart } from '../chaos/parts.ts';
import type { Load, LoadedOrder } from './load.ts';
import type { DrillSystem } from './system.ts';

/** One thing that is done to the whole while orders run, and what came of it. */
export interface Phase {
  readonly part: string;
  readonly happened: string;
  /** In flight when it began; of a restore also those that began after the moment to which one side was put back. */
  readonly affected: readonly LoadedOrder[];
  /** From then until every one of them had ended; absent when one had not within the patience. */
  readonly seconds?: number;
  /** It did not come to its end; `happened` says why. */
  readonly failed?: true;
}

export interface Drilled {
  readonly system: DrillSystem;
  readonly load: Load;
  /** How long orders run before anything is done to a part, so that each finds others in flight. */
  readonly settleMs: number;
  readonly log: (line: string) => void;
}

const PATIENCE_MS = 600_000;
const LOOK_EVERY_MS = 100;

/** Does `what` while orders run, and follows those that were in flight. `what` says in words what it did. */
export async function phase(drilled: Drilled, part: string, what: () => Promise<string>): Promise<Phase> {
  await sleep(drilled.settleMs);
  return follow(drilled, { part, affected: drilled.load.inFlight() }, what);
}

/** Does `what` at once, and follows the orders that it affects to their end. */
export async function follow(
  { log }: Drilled,
  { part, affected }: Pick<Phase, 'part' | 'affected'>,
  what: () => Promise<string>,
): Promise<Phase> {
  const begunAt = Date.now();
  log(`${part}: ${affected.length} orders affected`);
  const happened = await what();
  log(`${part}: ${happened}`);
  const deadline = Date.now() + PATIENCE_MS;
  while (affected.some(({ ended }) => !ended) && Date.now() < deadline) await sleep(LOOK_EVERY_MS);
  const ends = affected.map(({ ended }) => ended?.at ?? Number.POSITIVE_INFINITY);
  const seconds = (Math.max(begunAt, ...ends) - begunAt) / 1000;
  log(`${part}: ${Number.isFinite(seconds) ? `${seconds.toFixed(1)} s until all had ended` : 'not all have ended'}`);
  return { part, happened, affected, ...(Number.isFinite(seconds) && { seconds }) };
}

const DOWN_MS = 2_000;

/** Kills a part with SIGKILL and has it replaced after two seconds. Resolves once its new process runs; throws when none does. */
export async function killAndReplace(part: KeptPart<string>, patienceMs = PATIENCE_MS): Promise<string> {
  const { starts } = part;
  part.kill(DOWN_MS);
  const killedAt = Date.now();
  while (part.starts === starts) {
    if (Date.now() > killedAt + patienceMs) throw new Error(`${part.part} was killed, and has not come up again`);
    await sleep(LOOK_EVERY_MS);
  }
  return `kill -9, replaced after ${((Date.now() - killedAt) / 1000).toFixed(1)} s`;
}
