import { driftOf, type Drift } from '../domain/reconciliation.ts';
import type { Standing } from './attention/marks.ts';

/** An order whose workflow's code fails each time it is run. */
export interface FailingWorkflow {
  readonly orderId: string;
  readonly message: string;
}

/** What Temporal reports as a problem of an order's workflow; injected, as are the facts. */
export interface WorkflowTroubles {
  readonly standing: Standing;
  failing(): Promise<readonly FailingWorkflow[]>;
}

/** Names the cause of what was found, and adds the workflows that cannot run. */
export function withTroubles(
  drift: readonly Drift[],
  gone: ReadonlyMap<string, string>,
  failing: readonly FailingWorkflow[],
): Drift[] {
  const named = drift.map((found) => {
    const cause = found.kind === 'workflow-missing' && found.orderId ? gone.get(found.orderId) : undefined;
    return cause ? { ...found, detail: `${found.detail} (${cause})` } : found;
  });
  return [
    ...named,
    ...failing.map(({ orderId, message }) => driftOf('workflow-failing', { orderId, detail: message })),
  ];
}
