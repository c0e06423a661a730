import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { readSearchAttributes } from '../temporal-search-attributes.ts';
import { ENDED_AS, type ClosedReason } from './findings.ts';

/** Asks an order's workflow itself, which visibility may know later, whether it runs; otherwise why none does. */
export async function workflowStatus(client: Client, orderId: string): Promise<'running' | ClosedReason> {
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

/** With what the latest attempt of an activity failed that is tried again; `undefined` when none of that name is, or it has not failed yet. */
export async function pendingFault(client: Client, orderId: string, activity: string): Promise<string | undefined> {
  const { raw } = await client.workflow.getHandle(orderId).describe();
  const pending = raw.pendingActivities?.find(({ activityType }) => activityType?.name === activity);
  return pending?.lastFailure?.applicationFailureInfo?.type ?? undefined;
}

/** What an order itself says that it waits for. */
export interface OwnAttention {
  readonly step: string;
  readonly reason: string;
}

/** The step at which a running order needs somebody, by its own word; `undefined` when it needs nobody. */
export async function ownAttention(client: Client, orderId: string): Promise<OwnAttention | undefined> {
  const execution = await client.workflow.getHandle(orderId).describe();
  const { attention } = readSearchAttributes(execution);
  return execution.status.name === 'RUNNING' ? attention : undefined;
}
