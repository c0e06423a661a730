import type { Client } from '@temporalio/client';
import {
  endedBadly,
  failing,
  MOST_FOUND,
  timedOut,
  notPolled,
  pinnedToUnpolled,
  undecided,
  withAttention,
  type Finding,
  type ClosedReason,
  type Search,
} from './findings.ts';
import { readQueue, WATCHED_QUEUES, type WatchedQueue } from './task-queue.ts';
import { judgeTaskQueue, type TaskQueueHealth } from './task-queue-health.ts';
import { awaitAll, shared } from './shared.ts';
import { ownAttention, pendingFault, workflowStatus, type OwnAttention } from './workflow-status.ts';
import { STILL_AFTER_MS } from './still.ts';
import { workOn, type WorkOnOrder } from './workflow-work.ts';
import { remedyFor, taskFailure, taskTimeout, type TaskFailure } from './task-failures.ts';
import { versionsInUse, versionsOf } from './versions.ts';

export type { Finding, ClosedReason } from './findings.ts';
export { isUnanswered, troublesOf, type TaskQueueHealth } from './task-queue-health.ts';
export type { OwnAttention } from './workflow-status.ts';
export { remedyFor, type TaskFailure } from './task-failures.ts';
export type { PendingStep, WorkOnOrder } from './workflow-work.ts';

/** What Temporal says is wrong with orders. Each kind may hold orders that another one holds, too. */
export interface TemporalFindings {
  readonly withAttention: readonly Finding[];
  readonly failing: readonly Finding[];
  /** Taken by a worker that did not answer. */
  readonly timedOut: readonly Finding[];
  /** Ended, and perhaps resumed or closed since: the books know. */
  readonly endedBadly: readonly Finding[];
  readonly notPolled: readonly Finding[];
  /** Not decided for some minutes, and neither they nor Temporal say why. */
  readonly undecided: readonly Finding[];
}

/** Asks Temporal how the orders are. Everything is bounded; what Temporal itself does not answer throws. */
export interface OrderHealth {
  /** The queue of the orders. */
  taskQueue(): Promise<TaskQueueHealth>;
  /** Every queue that a worker process reads; that of the orders first. */
  queues(): Promise<readonly TaskQueueHealth[]>;
  findings(): Promise<TemporalFindings>;
  /** The ids of all running orders; `undefined` when there are too many to compare at once. */
  running(): Promise<ReadonlySet<string> | undefined>;
  /** Whether its workflow runs; otherwise why none does, as a reason for attention. */
  status(orderId: string): Promise<'running' | ClosedReason>;
  /** What Temporal knows of the workflow that works on an order; `undefined` when it knows none. */
  work(orderId: string): Promise<WorkOnOrder | undefined>;
  /** Why an order's workflow task fails; `undefined` when it does not. */
  taskFailure(orderId: string): Promise<TaskFailure | undefined>;
  /** Since when a worker has an order's workflow task and does not answer; `undefined` when none has it. */
  taskTimeout(orderId: string): Promise<Date | undefined>;
  /** With what the latest attempt of an order's activity failed, which is tried again. */
  pendingFault(orderId: string, activity: string): Promise<string | undefined>;
  /** The step at which the order says that it needs somebody, which keeps it from answering. */
  attention(orderId: string): Promise<OwnAttention | undefined>;
  /** Why a running order does not go on, in words; `undefined` when nothing says so. */
  whyStuck(orderId: string): Promise<string | undefined>;
}

export interface HealthOptions {
  readonly client: Client;
  readonly workflowType: string;
  /** How long a whole look may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** A look at the task queue costs Temporal some calls, so those who ask at the same time share it. */
const TASK_QUEUE_FOR_MS = 2_000;
const MOST_RUNNING = 10_000;
/** A worker that lives takes a task within milliseconds, and within seconds on a loaded machine. */
const UNTAKEN_AFTER_MS = 5_000;

export function createOrderHealth({ client, workflowType, timeoutMs }: HealthOptions): OrderHealth {
  const search: Search = { client, workflowType };
  const bounded = <Result>(ask: () => Promise<Result>): Promise<Result> =>
    client.withDeadline(Date.now() + timeoutMs, ask);
  const versions = shared(TASK_QUEUE_FOR_MS, () => bounded(() => versionsInUse(client)));
  const look = (watched: WatchedQueue) =>
    shared(TASK_QUEUE_FOR_MS, () =>
      bounded(async () => {
        const [state, inUse] = await awaitAll([readQueue(client, watched), versions()]);
        return judgeTaskQueue(state, await versionsOf(client, inUse, watched), new Date());
      }),
    );
  const taskQueue = look(WATCHED_QUEUES.orders);
  const others = [look(WATCHED_QUEUES.parties), look(WATCHED_QUEUES.webhooks)];
  const ordersNotPolled = async (): Promise<Finding[]> => allNotPolled(search, await taskQueue());
  return {
    taskQueue,
    queues: () => awaitAll([taskQueue(), ...others.map((ask) => ask())]),
    findings: () =>
      bounded(async () => {
        const [own, failed, silent, ended, unable, still] = await awaitAll([
          withAttention(search),
          failing(search),
          timedOut(search),
          endedBadly(search),
          ordersNotPolled(),
          undecided(search, new Date(Date.now() - STILL_AFTER_MS)),
        ]);
        const found = { withAttention: own, failing: failed, timedOut: silent, endedBadly: ended };
        return { ...found, notPolled: unable, undecided: still };
      }),
    running: () => bounded(() => runningIds(search)),
    status: (orderId) => bounded(() => workflowStatus(client, orderId)),
    work: (orderId) => bounded(() => workOn(client, orderId)),
    taskFailure: (orderId) => bounded(() => taskFailure(client, orderId)),
    taskTimeout: (orderId) => bounded(() => taskTimeout(client, orderId)),
    pendingFault: (orderId, activity) => bounded(() => pendingFault(client, orderId, activity)),
    attention: (orderId) => bounded(() => ownAttention(client, orderId)),
    whyStuck: async (orderId) => {
      const { ok, detail, unpolledVersions } = await taskQueue();
      if (!ok) return detail;
      const work = await bounded(() => workOn(client, orderId));
      const unpolled = unpolledVersions.find(({ version }) => version === work?.pinnedVersion);
      if (unpolled) return `nobody reads for version ${unpolled.version}, to which the order is pinned`;
      const failure = await bounded(() => taskFailure(client, orderId));
      if (failure) return `its workflow fails: ${failure.message}; ${remedyFor(failure)}`;
      const since = await bounded(() => taskTimeout(client, orderId));
      if (since) return silenceOf(since);
      return work && untakenOf(work);
    },
  };
}

/** For people. */
export function silenceOf(since: Date): string {
  return `a worker took the order and does not answer since ${since.toISOString()}: it hangs or died; kill -9 the one that hangs`;
}

/** Temporal lists the workers of a version for minutes after they have stopped: that none takes the task is seen sooner. */
function untakenOf({ untakenSince, pinnedVersion }: WorkOnOrder): string | undefined {
  if (!untakenSince || Date.now() - untakenSince.getTime() < UNTAKEN_AFTER_MS) return undefined;
  const whose = pinnedVersion === undefined ? 'no worker' : `no worker of version ${pinnedVersion}`;
  return `${whose} has taken its next step since ${untakenSince.toISOString()}`;
}

async function allNotPolled(
  search: Search,
  { reason, unpolledVersions, versions }: TaskQueueHealth,
): Promise<Finding[]> {
  const polled = versions.filter(({ pollers }) => pollers > 0).map(({ version }) => version);
  const [all, ...pinned] = await Promise.all([
    reason === undefined ? [] : notPolled(search, reason, polled),
    ...unpolledVersions.map(({ version }) => pinnedToUnpolled(search, version)),
  ]);
  return [...pinned.flat(), ...(all ?? [])].slice(0, MOST_FOUND);
}

async function runningIds({ client, workflowType }: Search): Promise<ReadonlySet<string> | undefined> {
  const ids = new Set<string>();
  const query = `WorkflowType = '${workflowType}' and ExecutionStatus = 'Running'`;
  for await (const { workflowId } of client.workflow.list({ query, pageSize: 1_000 })) {
    if (ids.size === MOST_RUNNING) return undefined;
    ids.add(workflowId);
  }
  return ids;
}
