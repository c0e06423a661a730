import type { OrderDeps } from './deps.ts';
import { guarded } from './runtime/failures.ts';
import { createCompletionSteps } from './settlement_steps.ts';
import { createDispatchSteps } from './dispatch_steps.ts';
import { createIssuingSteps } from './issue_steps.ts';
import { createJudgingSteps } from './judgement.ts';
import { createNoteSteps } from './notes.ts';
import { createPresentingSteps } from './validation_steps.ts';
import { createTurns } from './runtime/fair-shares.ts';
import { createUndoSteps } from './undo.ts';

/**
 * The steps of an order: one outside effect each, idempotent by a key that follows from the order and the step, so that a
 * step may run any number of times and happens once. Business refusals are results; only faults throw.
 */
export function createOrderActivities(deps: OrderDeps) {
  const steps = {
    ...createJudgingSteps(deps),
    ...createIssuingSteps(deps),
    ...createPresentingSteps(deps),
    ...createDispatchSteps(deps),
    ...createCompletionSteps(deps),
    ...createUndoSteps(deps),
    ...createNoteSteps(deps),
  };
  return guarded(steps, { of: createTurns(deps.orm.config.get('pool')?.max ?? 1), steps: LOCKS_ACCOUNTS });
}

/** The steps that move or hold money, and so lock the rows of accounts. */
const LOCKS_ACCOUNTS = ['issueCheck', 'settlePayment', 'voidCheckIfIssued', 'refundIfSettled', 'closeOrder'] as const;

export type OrderActivities = ReturnType<typeof createOrderActivities>;
