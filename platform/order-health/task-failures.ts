import type { Client } from '@temporalio/client';
import { optionalTsToDate } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';

const { EventType, TimeoutType, WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/** Why a workflow task fails, and since when. */
export interface TaskFailure {
  /** The first line of the failure, or what else Temporal knows. */
  readonly message: string;
  readonly since: Date;
}

const LAST_EVENTS = 50;
const LONGEST_MESSAGE = 200;

/** Reads the end of a workflow's history; `undefined` when its last task went well. */
export async function taskFailure(client: Client, workflowId: string): Promise<TaskFailure | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId },
    maximumPageSize: LAST_EVENTS,
  });
  const events = history?.events ?? [];
  const well = events.findIndex(({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED);
  const failures = (well < 0 ? events : events.slice(0, well)).filter(isFailure);
  const [latest] = failures;
  const first = failures.at(-1);
  if (!latest || !first) return undefined;
  return { message: messageOf(latest), since: optionalTsToDate(first.eventTime) ?? new Date() };
}

type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;

/** A task that no worker took in time is no failure of the story: the server gives it to another worker by itself. */
function isFailure({ eventType, workflowTaskTimedOutEventAttributes: timedOut }: HistoryEvent): boolean {
  if (eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED) return true;
  return timedOut?.timeoutType === TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE;
}

function messageOf({ workflowTaskFailedEventAttributes: failed }: HistoryEvent): string {
  if (!failed) return 'the worker took the task and did not answer';
  const [line] = (failed.failure?.message ?? '').split('\n');
  return (line || causeName(failed.cause)).slice(0, LONGEST_MESSAGE);
}

function causeName(cause: proto.temporal.api.enums.v1.WorkflowTaskFailedCause | null | undefined): string {
  return (WorkflowTaskFailedCause[cause ?? 0] ?? 'unknown').replace('WORKFLOW_TASK_FAILED_CAUSE_', '').toLowerCase();
}
