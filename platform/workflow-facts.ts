import { WorkflowNotFoundError, type Client } from '@temporalio/client';

/** A running workflow, by its id, which is the order's. */
export interface RunningWorkflow {
  readonly orderId: string;
  readonly startedAt: Date;
}

/** What Temporal knows of the workflows of one type: the list from visibility, which may lag, and each one by itself. */
export interface WorkflowRegister {
  listOpen(): AsyncIterable<RunningWorkflow>;
  isOpen(orderId: string): Promise<boolean>;
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
    async isOpen(orderId) {
      try {
        const { status } = await client.workflow.getHandle(orderId).describe();
        return status.name === 'RUNNING';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
  };
}
