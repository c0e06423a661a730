import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import { reconciliation, taskQueues } from '../temporal.config.ts';
import { RECONCILIATION_WORKFLOW } from '../workflows/reconciliation.ts';

/**
 * Sees to it that the books are compared regularly. Every worker does this when it starts; the schedule exists once, and
 * what an operator changed on it (paused, another interval) stays.
 */
export async function ensureReconciliation(client: Client): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: reconciliation.scheduleId,
      spec: { intervals: [{ every: reconciliation.every }] },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' },
      action: {
        type: 'startWorkflow',
        workflowType: RECONCILIATION_WORKFLOW,
        workflowId: reconciliation.scheduleId,
        taskQueue: taskQueues.orders,
        workflowRunTimeout: reconciliation.endsWithin,
        args: [{}],
      },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}
