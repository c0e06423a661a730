import { driftOf, type Drift } from '../../domain/reconciliation.ts';
import type { TroubledWorkflow } from '../../platform/workflow-facts.ts';
import type { Standing } from '../attention/marks.ts';

/** What Temporal reports as a problem of an order's workflow; injected, as are the facts. */
export interface WorkflowTroubles {
  readonly standing: Standing;
  troubles(): Promise<readonly TroubledWorkflow[]>;
}

/** Names the cause of what was found, and adds the workflows that cannot go on. */
export function withTroubles(
  drift: readonly Drift[],
  gone: ReadonlyMap<string, string>,
  troubles: readonly TroubledWorkflow[],
): Drift[] {
  const named = drift.map((found) => {
    const cause = found.kind === 'workflow-missing' && found.orderId ? gone.get(found.orderId) : undefined;
    return cause ? { ...found, detail: `${found.detail} (${cause})` } : found;
  });
  return [...named, ...troubles.map(({ orderId, kind, message }) => driftOf(kind, { orderId, detail: message }))];
}
