import type { Ending } from './ending.ts';

/**
 * A step's answer when it was decided before that the order ends early: the step did nothing, and the story follows the
 * decision on record.
 */
export interface Decided {
  readonly kind: 'decided';
  readonly ending: Ending;
}

/** A step's answer when what it does is on record, now or from before. */
export interface Done {
  readonly kind: 'done';
}

export const DONE: Done = { kind: 'done' };

export function decidedAs(ending: Ending): Decided {
  return { kind: 'decided', ending };
}
