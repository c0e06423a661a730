import type { Client } from '@temporalio/client';
import { optionalTsToDate } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { failureLine } from '../payloads/failure-line.ts';

const { EventType, TimeoutType, WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/** Why a workflow task fails, and since when. */
export interface TaskFailure {
  /** The first line of the failure, or what else Temporal knows. */
  readonly message: string;
  readonly since: Date;
}

/** What helps: a build without the fault, or the key file that the message names. For people. */
export function remedyFor({ message }: Pick<TaskFailure, 'message'>): string {
  const [setting] = /\b[A-Z]+(?:_[A-Z]+)*_FILE\b/.exec(message) ?? [];
  return setting === undefined ? FORMER_BUILD : `put ${setting} of the workers right: the order goes on by itself`;
}

/** As every page has it: an order stays on the build on which it began. */
const FORMER_BUILD =
  '`npm run ops -- rollback` (new orders), then `npm run ops -- drain BAD --move-to GOOD` for those that began on it; ' +
  'without versions: start the former build';

const LAST_EVENTS = 50;
const LONGEST_MESSAGE = 200;

/** Why a workflow's last task failed, and since when; `undefined` when it went well, or was only not answered. */
export async function taskFailure(client: Client, workflowId: string): Promise<TaskFailure | undefined> {
  const failures = (await sinceItWentWell(client, workflowId)).filter(isFailure);
  const [latest] = failures;
  const first = failures.at(-1);
  if (!latest || !first) return undefined;
  return { message: await messageOf(client, latest), since: optionalTsToDate(first.eventTime) ?? new Date() };
}

/** Since when a workflow's task was taken and not answered: a worker that hangs or died, which is no fault of the code. */
export async function taskTimeout(client: Client, workflowId: string): Promise<Date | undefined> {
  const events = await sinceItWentWell(client, workflowId);
  const first = events.some(isFailure) ? undefined : events.filter(isSilence).at(-1);
  return first && (optionalTsToDate(first.eventTime) ?? new Date());
}

type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;

/** The end of a workflow's history, the latest first, back to the last task that went well. */
async function sinceItWentWell(client: Client, workflowId: string): Promise<HistoryEvent[]> {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId },
    maximumPageSize: LAST_EVENTS,
  });
  const events = history?.events ?? [];
  const well = events.findIndex(({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED);
  return well < 0 ? events : events.slice(0, well);
}

function isFailure({ eventType }: HistoryEvent): boolean {
  return eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED;
}

/** A task that no worker took in time is none: the server gives it to another worker by itself. */
function isSilence({ workflowTaskTimedOutEventAttributes: timedOut }: HistoryEvent): boolean {
  return timedOut?.timeoutType === TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE;
}

async function messageOf(client: Client, { workflowTaskFailedEventAttributes: failed }: HistoryEvent): Promise<string> {
  const line = await failureLine(client, failed?.failure);
  return (line || causeName(failed?.cause)).slice(0, LONGEST_MESSAGE);
}

function causeName(cause: proto.temporal.api.enums.v1.WorkflowTaskFailedCause | null | undefined): string {
  return (WorkflowTaskFailedCause[cause ?? 0] ?? 'unknown').replace('WORKFLOW_TASK_FAILED_CAUSE_', '').toLowerCase();
}
