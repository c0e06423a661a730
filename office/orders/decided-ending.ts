import { isEarlyEnding, type Ending } from '../../domain/ending.ts';
import type { Stage } from '../../domain/stages.ts';

/** The early ending of an order as its row tells; `undefined` while it is open or when it went well. */
export function decidedEnding(stage: Stage, ending: Ending | null): Ending | undefined {
  if (ending) return stage === 'completed' ? undefined : ending;
  // Orders of before decisions were recorded, and completed ones whose payment was given back later.
  return isEarlyEnding(stage) ? { stage, reason: 'The order had ended before.', actor: 'service' } : undefined;
}
