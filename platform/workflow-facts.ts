import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { ClosedReason } from './order-health/findings.ts';
import { createOrderHealth, type OrderHealth } from './order-health/health.ts';
import { readSearchAttributes } from './temporal-search-attributes.ts';

/** A running workflow, by its id, which is the order's. */
export interface RunningWorkflow {
  readonly orderId: string;
  readonly startedAt: Date;
  /** Where it stands by its own word. */
  readonly stage?: string;
}

/** A workflow that has ended. */
export type EndedWorkflow = Pick<RunningWorkflow, 'orderId' | 'stage'>;

/** Where a workflow stands, by itself. */
export interface Standing {
  readonly runs: boolean;
  readonly stage?: string;
  /** It does nothing but wait. */
  readonly atRest: boolean;
}

/** A running workflow that cannot go on, as Temporal itself reports it. */
export interface TroubledWorkflow {
  readonly orderId: string;
  readonly kind: 'workflow-failing' | 'workflow-unread';
  /** The first line of the failure, or the version that nobody reads for. */
  readonly message: string;
}

/** What Temporal knows of the workflows of one type: the list from visibility, which may lag, and each one by itself. */
export interface WorkflowRegister {
  listOpen(): AsyncIterable<RunningWorkflow>;
  /** Those that have ended since then; one that continued in a new run has not. */
  listClosed(since: Date): AsyncIterable<EndedWorkflow>;
  /** Where it stands; `undefined` when Temporal knows none. */
  standing(orderId: string): Promise<Standing | undefined>;
  isOpen(orderId: string): Promise<boolean>;
  /** Whether it is open, and otherwise why not. */
  status(orderId: string): Promise<'running' | ClosedReason>;
  /** Those whose task fails again and again, and those that nobody reads for. */
  troubles(): Promise<TroubledWorkflow[]>;
  /** Signals the workflow to read its order's record. One that has closed gets no signal: the comparison names it. */
  signalRecord(orderId: string): Promise<void>;
}

const TIMEOUT_MS = 60_000;
const PAGE = 1_000;

/** Asks Temporal which workflows of `workflowType` are open, and what is wrong with them. */
export function workflowRegister(client: Client, workflowType: string): WorkflowRegister {
  const health = createOrderHealth({ client, workflowType, timeoutMs: TIMEOUT_MS });
  return {
    async *listOpen() {
      const query = `WorkflowType = '${workflowType}' and ExecutionStatus = 'Running'`;
      for await (const workflow of client.workflow.list({ query, pageSize: PAGE })) {
        const { stage } = readSearchAttributes(workflow);
        yield { orderId: workflow.workflowId, startedAt: workflow.startTime, stage };
      }
    },
    async *listClosed(since) {
      const ended = `ExecutionStatus not in ('Running', 'ContinuedAsNew') and CloseTime >= '${since.toISOString()}'`;
      const query = `WorkflowType = '${workflowType}' and ${ended}`;
      for await (const workflow of client.workflow.list({ query, pageSize: PAGE }))
        yield { orderId: workflow.workflowId, stage: readSearchAttributes(workflow).stage };
    },
    async standing(orderId) {
      const work = await health.work(orderId);
      return work && { runs: work.state === 'running', stage: work.attributes.stage, atRest: work.atRest };
    },
    isOpen: async (orderId) => (await health.status(orderId)) === 'running',
    status: (orderId) => health.status(orderId),
    troubles: () => troublesOf(health),
    async signalRecord(orderId) {
      try {
        await client.workflow.getHandle(orderId).signal('recordChanged');
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
  };
}

async function troublesOf(health: OrderHealth): Promise<TroubledWorkflow[]> {
  const { failing, notPolled } = await health.findings();
  const found: TroubledWorkflow[] = notPolled.map(({ id, reason }) => ({
    orderId: id,
    kind: 'workflow-unread',
    message: reason,
  }));
  for (const { id } of failing) {
    const failure = await health.taskFailure(id);
    if (failure) found.push({ orderId: id, kind: 'workflow-failing', message: failure.message });
  }
  return found;
}
