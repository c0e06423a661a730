import type { OrderRefusal } from './order.ts';
import { mayMove, type Stage } from './stages.ts';

const EARLY_ENDINGS = ['declined', 'rejected', 'expired', 'cancelled', 'refunded'] as const satisfies readonly Stage[];

/** How an order ends early. */
export interface Ending {
  readonly stage: (typeof EARLY_ENDINGS)[number];
  readonly reason: string;
  /** Who ended it: a party id, or `service`. */
  readonly actor: string;
  readonly refusal?: OrderRefusal;
}

/** A step's answer when what it does is on record, now or from before. */
export interface Done {
  readonly kind: 'done';
}

export const DONE: Done = { kind: 'done' };

/**
 * A step's answer when it was decided before that the order ends early: the step did nothing, and the workflow follows the
 * decision on record.
 */
export interface Decided {
  readonly kind: 'decided';
  readonly ending: Ending;
}

export function decidedAs(ending: Ending): Decided {
  return { kind: 'decided', ending };
}

/**
 * The ending as it can be put on record of an order that stands in `from`: an end that comes after the payment gives it
 * back, and one that the stage does not allow (the record is further than whoever decided knew) is a cancellation.
 */
export function endingFrom(from: Stage, wanted: Ending, paid: boolean): Ending {
  if (paid) return { ...wanted, stage: 'refunded' };
  return mayMove(from, wanted.stage) ? wanted : { ...wanted, stage: 'cancelled' };
}

/** The early ending of an order as its row tells; `undefined` while it is open or when it went well. */
export function decidedEnding(stage: Stage, ending: Ending | null): Ending | undefined {
  if (ending) return stage === 'completed' ? undefined : ending;
  // Orders of before decisions were recorded, and completed ones whose payment was given back later.
  return isEarlyEnding(stage) ? { stage, reason: 'The order had ended before.', actor: 'service' } : undefined;
}

function isEarlyEnding(stage: Stage): stage is Ending['stage'] {
  return EARLY_ENDINGS.some((early) => early === stage);
}
