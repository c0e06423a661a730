import { createRegistryLookups } from '../office/registry/index.ts';
import { createAcceptanceSteps } from './acceptance.ts';
import { createDeliverySteps } from './delivery.ts';
import type { OrderDeps } from './deps.ts';
import { createDispatchSteps } from './dispatch.ts';
import { createIssueSteps } from './issue.ts';
import { createJudgementSteps } from './judgement.ts';
import { createNoteSteps } from './notes.ts';
import { createPaymentSteps } from './payment.ts';
import { createRecallSteps } from './recall.ts';
import { createEventRecorder } from './runtime/event-recorder.ts';
import { createFairShares } from './runtime/fair-shares.ts';
import { guarded } from './runtime/failures.ts';
import { createSettlementSteps } from './settlement.ts';
import { createUndoSteps } from './undo.ts';
import { createValidationSteps } from './validation.ts';

/**
 * The steps of an order: one outside effect each, idempotent by a key that follows from the order and the step, so that a
 * step may run any number of times and happens once. Business refusals are results; only faults throw.
 */
export function createOrderActivities(given: OrderDeps) {
  const { orm } = given;
  const deps = { ...given, registry: createRegistryLookups(orm), recorder: createEventRecorder(orm) };
  const steps = {
    ...createJudgementSteps(deps),
    ...createIssueSteps(deps),
    ...createValidationSteps(deps),
    ...createAcceptanceSteps(deps),
    ...createPaymentSteps(deps),
    ...createDispatchSteps(deps),
    ...createDeliverySteps(deps),
    ...createSettlementSteps(deps),
    ...createUndoSteps(deps),
    ...createRecallSteps(deps),
    ...createNoteSteps(deps),
  };
  const connections = orm.config.get('pool')?.max ?? 1;
  return guarded(steps, { shares: createFairShares(connections), steps: LOCKS_ACCOUNTS });
}

/** The steps that move or hold money, and so lock the rows of accounts. */
const LOCKS_ACCOUNTS = ['issueCheck', 'settlePayment', 'voidCheckIfIssued', 'refundIfSettled', 'closeOrder'] as const;

export type OrderActivities = ReturnType<typeof createOrderActivities>;
