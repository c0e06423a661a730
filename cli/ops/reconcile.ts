import { randomUUID } from 'node:crypto';
import { reconciliation, taskQueues } from '../../temporal.config.ts';
import {
  RECONCILIATION_WORKFLOW,
  type ReconciliationResult,
  type ReconciliationWorkflow,
} from '../../workflows/reconciliation.ts';
import { needTemporal, type Reach } from './reach.ts';

/** Has a worker compare the books now, beside the schedule, and waits for what it finds. Needs a worker, and says so. */
export async function reconcileNow(reach: Reach): Promise<ReconciliationResult> {
  const { client, health } = needTemporal(reach);
  const readers = await health.readership();
  if (!readers.ok) throw new Error(`the comparison needs a worker: ${readers.detail}`);
  return client.workflow.execute<typeof ReconciliationWorkflow>(RECONCILIATION_WORKFLOW, {
    workflowId: `${reconciliation.scheduleId}-${randomUUID()}`,
    taskQueue: taskQueues.orders,
    args: [{}],
  });
}
