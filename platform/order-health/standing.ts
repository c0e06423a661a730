import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { ENDED_AS, type Gone } from './findings.ts';

/** Asks an order's workflow itself, which visibility may know later, whether it runs; otherwise why none does. */
export async function standingOf(client: Client, orderId: string): Promise<'running' | Gone> {
  try {
    const { status } = await client.workflow.getHandle(orderId).describe();
    return status.name === 'RUNNING' || status.name === 'PAUSED'
      ? 'running'
      : (ENDED_AS[status.name] ?? 'WorkflowMissing');
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'WorkflowMissing';
    throw error;
  }
}
