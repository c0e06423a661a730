import { isGrpcServiceError, type Client, type WorkflowExecutionInfo } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { readSearchAttributes } from '../temporal-search-attributes.ts';
import { isPinnedTo } from './versions.ts';

/** An order that needs a person, as Temporal alone knows it. */
export interface Finding {
  readonly id: string;
  readonly step: string;
  readonly reason: string;
  readonly since: Date;
  /** Known by the order itself, not by visibility. */
  readonly waitingOn?: string;
  /** Why its workflow task fails, in Temporal's words: `NonDeterministicError`, … */
  readonly cause?: string;
  readonly stage?: string;
  readonly sellerId?: string;
  readonly distributorId?: string;
  readonly amount?: { readonly minor: number; readonly currency: string };
}

export interface Search {
  readonly client: Client;
  readonly workflowType: string;
}

/** What one look lists of one kind at most: beyond it, the kind itself is what matters. */
export const MOST_FOUND = 2_000;

const INVALID_ARGUMENT = 3;
/** What a finding is about when no step of the order is. */
const WORKFLOW_STEP = 'workflow';
const NOT_SAID = { step: 'unknown', reason: 'unknown', since: undefined };

/** Running orders that say themselves that a step needs somebody. */
export function withAttention(search: Search): Promise<Finding[]> {
  return find(search, `ExecutionStatus = 'Running' and AttentionStep is not null`, (execution) => {
    const { step, reason, since } = readSearchAttributes(execution).attention ?? NOT_SAID;
    return { step, reason, since: since ?? execution.startTime };
  });
}

/** Running orders whose workflow task fails again and again: their code has a fault, or is another than their history is of. */
export function failing(search: Search): Promise<Finding[]> {
  return reported(search, `TemporalReportedProblems = 'category=WorkflowTaskFailed'`, 'WorkflowTaskFailing');
}

/** Running orders whose workflow task was taken by a worker that did not answer: it hangs or died, and no code is at fault. */
export function timedOut(search: Search): Promise<Finding[]> {
  return reported(search, `TemporalReportedProblems = 'category=WorkflowTaskTimedOut'`, 'WorkerSilent');
}

/** A server older than 1.30 cannot say which. */
async function reported(search: Search, problem: string, reason: string): Promise<Finding[]> {
  try {
    return await find(search, `ExecutionStatus = 'Running' and ${problem}`, (execution) => ({
      ...stuckSinceStart(reason)(execution),
      cause: causeOf(execution),
    }));
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === INVALID_ARGUMENT) return [];
    throw error;
  }
}

const PROBLEMS = defineSearchAttributeKey('TemporalReportedProblems', 'KEYWORD_LIST');
const CAUSE = /^cause=(?:WorkflowTask(?:Failed|TimedOut)Cause)?(\w+)$/;

function causeOf({ typedSearchAttributes }: WorkflowExecutionInfo): string | undefined {
  const causes = (typedSearchAttributes.get(PROBLEMS) ?? []).map((problem) => CAUSE.exec(problem)?.[1]);
  return causes.find((cause) => cause !== undefined);
}

/** Running orders that began before `since` and have not been decided: a step that waits for something would say so. */
export function undecided(search: Search, since: Date): Promise<Finding[]> {
  const begun = `OrderStage = 'requested' and StartTime < '${since.toISOString()}'`;
  return find(
    search,
    `ExecutionStatus = 'Running' and ${begun} and AttentionStep is null`,
    stuckSinceStart('NotMoving'),
  );
}

/** Orders whose workflow ended in a way in which no order ends: an order ends as completed, whatever became of it. */
export function endedBadly(search: Search): Promise<Finding[]> {
  return find(
    search,
    `ExecutionStatus in ('Terminated', 'Failed', 'TimedOut', 'Canceled')`,
    ({ status, closeTime, startTime }) => ({
      step: WORKFLOW_STEP,
      reason: ENDED_AS[status.name] ?? 'WorkflowMissing',
      since: closeTime ?? startTime,
    }),
  );
}

/** Running orders that are pinned to a version for which nobody polls. */
export function pinnedToUnpolled(search: Search, version: string): Promise<Finding[]> {
  const pinned = `ExecutionStatus = 'Running' and ${isPinnedTo(version)}`;
  return find(search, pinned, stuckSinceStart(`NoWorkerOfVersion:${version}`));
}

/** Running orders that nobody can continue, because nobody polls the queue: all but those of the versions that are polled. */
export function notPolled(search: Search, reason: string, polledVersions: readonly string[]): Promise<Finding[]> {
  const names = polledVersions.map((version) => `'${version}'`).join(', ');
  const others = `(TemporalWorkerDeploymentVersion is null or TemporalWorkerDeploymentVersion not in (${names}))`;
  const condition = `ExecutionStatus = 'Running'${names && ` and ${others}`}`;
  return find(search, condition, stuckSinceStart(reason));
}

/** No workflow works on the order: how its last one ended, or that there is none. */
export type ClosedReason =
  | 'WorkflowTerminated'
  | 'WorkflowFailed'
  | 'WorkflowTimedOut'
  | 'WorkflowCanceled'
  | 'WorkflowCompleted'
  | 'WorkflowMissing';

/** How an order's workflow can have ended, as a reason for attention. */
export const ENDED_AS: Readonly<Record<string, ClosedReason>> = {
  TERMINATED: 'WorkflowTerminated',
  FAILED: 'WorkflowFailed',
  TIMED_OUT: 'WorkflowTimedOut',
  CANCELLED: 'WorkflowCanceled',
  COMPLETED: 'WorkflowCompleted',
};

/** Whether a reason says that no workflow works on the order. */
export function isClosedReason(reason: string): reason is ClosedReason {
  return reason === 'WorkflowMissing' || Object.values(ENDED_AS).some((gone) => gone === reason);
}

function stuckSinceStart(reason: string) {
  return ({ startTime }: WorkflowExecutionInfo) => ({ step: WORKFLOW_STEP, reason, since: startTime });
}

async function find(
  { client, workflowType }: Search,
  condition: string,
  judge: (execution: WorkflowExecutionInfo) => Pick<Finding, 'step' | 'reason' | 'since' | 'cause'>,
): Promise<Finding[]> {
  const found: Finding[] = [];
  const query = `WorkflowType = '${workflowType}' and ${condition}`;
  for await (const execution of client.workflow.list({ query, pageSize: 1_000 })) {
    const { stage, sellerId, distributorId, amount } = readSearchAttributes(execution);
    found.push({
      ...judge(execution),
      id: execution.workflowId,
      stage,
      sellerId,
      distributorId,
      ...(amount && { amount }),
    });
    if (found.length === MOST_FOUND) break;
  }
  return found;
}
