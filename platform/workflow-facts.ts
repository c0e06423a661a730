import type { Client } from '@temporalio/client';
import { failing, type Gone } from './order-health/findings.ts';
import { standingOf } from './order-health/standing.ts';
import { taskFailure } from './order-health/task-failures.ts';

/** A running workflow, by its id, which is the order's. */
export interface RunningWorkflow {
  readonly orderId: string;
  readonly startedAt: Date;
}

/** What Temporal knows of the workflows of one type: the list from visibility, which may lag, and each one by itself. */
export interface WorkflowRegister {
  listOpen(): AsyncIterable<RunningWorkflow>;
  isOpen(orderId: string): Promise<boolean>;
  /** Whether it is open, and otherwise why not. */
  standing(orderId: string): Promise<'running' | Gone>;
  /** Those whose task fails again and again, with the first line of the failure. */
  failing(): Promise<{ readonly orderId: string; readonly message: string }[]>;
}

/** Asks Temporal which workflows of `workflowType` are open. */
export function workflowRegister(client: Client, workflowType: string): WorkflowRegister {
  return {
    async *listOpen() {
      const query = `WorkflowType = '${workflowType}' and ExecutionStatus = 'Running'`;
      for await (const { workflowId, startTime } of client.workflow.list({ query })) {
        yield { orderId: workflowId, startedAt: startTime };
      }
    },
    isOpen: async (orderId) => (await standingOf(client, orderId)) === 'running',
    standing: (orderId) => standingOf(client, orderId),
    failing: () => failingTasks(client, workflowType),
  };
}

async function failingTasks(client: Client, workflowType: string) {
  const found: { orderId: string; message: string }[] = [];
  for (const { id } of await failing({ client, workflowType })) {
    const failure = await taskFailure(client, id);
    if (failure) found.push({ orderId: id, message: failure.message });
  }
  return found;
}
