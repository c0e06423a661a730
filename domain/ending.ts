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

export function isEarlyEnding(stage: Stage): stage is Ending['stage'] {
  return EARLY_ENDINGS.some((early) => early === stage);
}

/**
 * The ending as it can be put on record of an order that stands in `from`: an end that comes after the payment gives it
 * back, and one that the stage does not allow (the record is further than whoever decided knew) is a cancellation.
 */
export function endingFrom(from: Stage, wanted: Ending, paid: boolean): Ending {
  if (paid) return { ...wanted, stage: 'refunded' };
  return mayMove(from, wanted.stage) ? wanted : { ...wanted, stage: 'cancelled' };
}
