import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { optionalTsToDate } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { failureLine } from '../payloads/failure-line.ts';
import { readSearchAttributes, type OrderAttributes } from '../temporal-search-attributes.ts';
import { ENDED_AS, type ClosedReason } from './findings.ts';
import { versionName } from './task-queue.ts';

const { PendingActivityState, PendingWorkflowTaskState } = proto.temporal.api.enums.v1;
const LONGEST_MESSAGE = 200;

/** A step that is being tried as an activity. */
export interface PendingStep {
  readonly step: string;
  /** The attempt that runs, or that comes next; the first is 1. */
  readonly attempt: number;
  /** The first line of what the latest attempt failed with. */
  readonly lastFailure?: string;
  /** When the next attempt begins; absent while one runs. */
  readonly nextAttemptAt?: Date;
}

/** What Temporal knows of the workflow that works on an order. */
export interface WorkOnOrder {
  /** Temporal's own name: `RUNNING`, `TERMINATED`, … */
  readonly status: string;
  /** Whether it runs; otherwise why none does. */
  readonly state: 'running' | ClosedReason;
  readonly startedAt: Date;
  readonly closedAt?: Date;
  readonly attributes: OrderAttributes;
  /** The version of a worker deployment that alone may run it. */
  readonly pinnedVersion?: string;
  readonly pending: readonly PendingStep[];
  /** It does nothing but wait: neither a step nor its own code is on its way. */
  readonly atRest: boolean;
  /** Since when its next task waits for a worker to take it; absent while none waits. */
  readonly untakenSince?: Date;
}

/** Asks an order's workflow itself, which visibility may know later; `undefined` when Temporal knows none. */
export async function workOn(client: Client, orderId: string): Promise<WorkOnOrder | undefined> {
  try {
    return await workOf(client, await client.workflow.getHandle(orderId).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

async function workOf(client: Client, execution: WorkflowExecutionDescription): Promise<WorkOnOrder> {
  const { status, startTime, closeTime, raw } = execution;
  const runs = status.name === 'RUNNING' || status.name === 'PAUSED';
  return {
    status: status.name,
    state: runs ? 'running' : (ENDED_AS[status.name] ?? 'WorkflowMissing'),
    startedAt: startTime,
    closedAt: closeTime,
    attributes: readSearchAttributes(execution),
    pinnedVersion: versionName(raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion),
    pending: await Promise.all((raw.pendingActivities ?? []).map((activity) => pendingStep(client, activity))),
    atRest: !raw.pendingWorkflowTask && (raw.pendingActivities ?? []).length === 0,
    untakenSince: untakenSince(raw.pendingWorkflowTask),
  };
}

function untakenSince(task: proto.temporal.api.workflow.v1.IPendingWorkflowTaskInfo | null | undefined) {
  const waits = task?.state === PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED;
  return waits ? optionalTsToDate(task.scheduledTime) : undefined;
}

async function pendingStep(
  client: Client,
  activity: proto.temporal.api.workflow.v1.IPendingActivityInfo,
): Promise<PendingStep> {
  const { activityType, attempt, lastFailure, state, nextAttemptScheduleTime, scheduledTime } = activity;
  const waits = state === PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED;
  const message = await failureLine(client, lastFailure);
  const nextAttemptAt = waits ? optionalTsToDate(nextAttemptScheduleTime ?? scheduledTime) : undefined;
  return {
    step: activityType?.name ?? 'unknown',
    attempt: attempt ?? 1,
    ...(lastFailure && { lastFailure: (message || 'no reason given').slice(0, LONGEST_MESSAGE) }),
    ...(nextAttemptAt && { nextAttemptAt }),
  };
}
