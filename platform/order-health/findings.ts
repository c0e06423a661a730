import { isGrpcServiceError, type Client, type WorkflowExecutionInfo } from '@temporalio/client';
import { readSearchAttributes } from '../temporal-search-attributes.ts';

/** An order that needs a person, as Temporal alone knows it. */
export interface Finding {
  readonly id: string;
  readonly step: string;
  readonly reason: string;
  readonly since: Date;
  /** Known by the order itself, not by visibility. */
  readonly waitingOn?: string;
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

/** Running orders whose workflow task fails again and again: their code has a fault. */
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
    return await find(search, `ExecutionStatus = 'Running' and ${problem}`, stuckSinceStart(reason));
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === INVALID_ARGUMENT) return [];
    throw error;
  }
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

/** Running orders that nobody can continue, because nobody polls the queue, or nobody for the version that they are pinned to. */
export function notPolled(search: Search, reason: string, version?: string): Promise<Finding[]> {
  const pinned = version === undefined ? '' : ` and TemporalWorkerDeploymentVersion = '${version}'`;
  return find(search, `ExecutionStatus = 'Running'${pinned}`, stuckSinceStart(reason));
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
  judge: (execution: WorkflowExecutionInfo) => Pick<Finding, 'step' | 'reason' | 'since'>,
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
