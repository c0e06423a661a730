import type { WorkflowStartOptions } from '@temporalio/client';
import { reconciliation, taskQueues } from '../../temporal.config.ts';
import type { ReconciliationWorkflow } from '../reconciliation.ts';

/** How comparisons of the books are started in addition to those of the schedule: under an id of their own. */
export function reconciliationOptions(id: string) {
  return {
    workflowId: `${reconciliation.scheduleId}-${id}`,
    taskQueue: taskQueues.orders,
    args: [{}],
  } satisfies WorkflowStartOptions<typeof ReconciliationWorkflow>;
}
