import { log, proxyActivities } from '@temporalio/workflow';
import type { ReconciliationActivities } from '../activities/reconciliation.ts';
import type { Drift } from '../domain/reconciliation.ts';
import { stepPolicies } from '../temporal.config.ts';

export interface ReconciliationInput {
  /** How long ago an order must have changed to be compared with its workflow. Default: a minute. */
  readonly quietForMs?: number;
}

export interface ReconciliationResult {
  /** Orders that ended because their check had run out and nobody worked on them. */
  readonly swept: readonly string[];
  /** What does not agree; empty when all is well. */
  readonly drift: readonly Drift[];
}

/** The name under which the worker registers it. */
export const RECONCILIATION_WORKFLOW = 'ReconciliationWorkflow';

const steps = proxyActivities<ReconciliationActivities>(stepPolicies.comparison);

/**
 * Compares the books (ledger, holds, checks, orders) with each other and with the workflows, after checks that ran out were
 * swept. Nothing is repaired by itself: each disagreement is a warning in the log and a line of the result, with what to do.
 */
export async function ReconciliationWorkflow({ quietForMs }: ReconciliationInput = {}): Promise<ReconciliationResult> {
  const swept = await steps.sweepExpiredChecks();
  const drift = [...(await steps.compareBooks()), ...(await steps.compareWorkflows({ quietForMs }))];
  for (const found of drift) log.warn('the books do not agree', { ...found });
  return { swept, drift };
}
