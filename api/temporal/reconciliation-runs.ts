import { type Client, WorkflowFailedError, type WorkflowExecutionInfo } from '@temporalio/client';
import {
  RECONCILIATION_WORKFLOW,
  type ReconciliationResult,
  type ReconciliationWorkflow,
} from '../../workflows/reconciliation.ts';
import { reconciliationOptions } from '../../workflows/messages/reconciliation-start.ts';

/** One comparison of the books: of the schedule, or started by somebody. */
export interface ReconciliationRun {
  /** Of its run: there may be several under one workflow's id. */
  readonly id: string;
  readonly startedAt: Date;
  readonly endedAt?: Date;
  readonly status: 'running' | 'completed' | 'failed';
  /** What it found; absent while it runs, and when it failed. */
  readonly result?: ReconciliationResult;
  /** Why it failed, in one line. */
  readonly failure?: string;
}

/** The comparisons of the books, as Temporal keeps them. */
export interface ReconciliationRuns {
  /** Starts one, and returns its id; while one runs that was started so, it is that one. */
  start(): Promise<string>;
  /** The last ones, the newest first; those that run are among them. */
  latest(most: number): Promise<ReconciliationRun[]>;
  /** The last one that came to its end, however many have failed since; `undefined` when Temporal remembers none. */
  lastCompleted(): Promise<ReconciliationRun | undefined>;
}

export function createReconciliationRuns(client: Client, timeoutMs: number): ReconciliationRuns {
  const bounded = <Result>(call: () => Promise<Result>): Promise<Result> =>
    client.withDeadline(Date.now() + timeoutMs, call);
  return {
    start: () =>
      bounded(async () => {
        const handle = await client.workflow.start<typeof ReconciliationWorkflow>(RECONCILIATION_WORKFLOW, {
          ...reconciliationOptions('on-demand'),
          workflowIdConflictPolicy: 'USE_EXISTING',
        });
        return handle.firstExecutionRunId;
      }),
    latest: (most) => bounded(async () => Promise.all((await listed(client, most)).map((run) => readRun(client, run)))),
    lastCompleted: () =>
      bounded(async () => {
        const [run] = await listed(client, 1, ` and ExecutionStatus = 'Completed'`);
        return run && readRun(client, run);
      }),
  };
}

/** Visibility lists what runs first, then what has ended, the latest first. */
async function listed(client: Client, most: number, condition = ''): Promise<WorkflowExecutionInfo[]> {
  const found: WorkflowExecutionInfo[] = [];
  for await (const run of client.workflow.list({
    query: `WorkflowType = '${RECONCILIATION_WORKFLOW}'${condition}`,
    pageSize: most,
  })) {
    found.push(run);
    if (found.length === most) break;
  }
  return found.toSorted((one, other) => Number(other.startTime) - Number(one.startTime));
}

async function readRun(client: Client, run: WorkflowExecutionInfo): Promise<ReconciliationRun> {
  const { workflowId, runId, startTime: startedAt, closeTime: endedAt, status } = run;
  const at = { id: runId, startedAt, endedAt };
  if (status.name === 'RUNNING' || status.name === 'PAUSED') return { ...at, status: 'running' };
  try {
    const result = await client.workflow.getHandle<typeof ReconciliationWorkflow>(workflowId, runId).result();
    return { ...at, status: 'completed', result };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const [line = ''] = (error.cause ?? error).message.split('\n');
    return { ...at, status: 'failed', failure: line || 'no reason given' };
  }
}
