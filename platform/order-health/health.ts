import type { Client } from '@temporalio/client';
import {
  endedBadly,
  failing,
  MOST_FOUND,
  silent,
  unread,
  withAttention,
  type Finding,
  type Gone,
  type Search,
} from './findings.ts';
import { readQueue } from './queue.ts';
import { judgeReadership, type Readership } from './readership.ts';
import { allOver, shared } from './shared.ts';
import { ownAttention, pinnedVersion, standingOf, type OwnAttention } from './standing.ts';
import { taskFailure, taskSilence, type TaskFailure } from './task-failures.ts';
import { versionsInUse } from './versions.ts';

export type { Finding, Gone } from './findings.ts';
export type { Readership } from './readership.ts';
export type { OwnAttention } from './standing.ts';
export type { TaskFailure } from './task-failures.ts';

/** What Temporal says is wrong with orders. Each kind may hold orders that another one holds, too. */
export interface TemporalFindings {
  readonly withAttention: readonly Finding[];
  readonly failing: readonly Finding[];
  /** Taken by a worker that did not answer. */
  readonly silent: readonly Finding[];
  /** Ended, and perhaps resumed or closed since: the books know. */
  readonly endedBadly: readonly Finding[];
  readonly unread: readonly Finding[];
}

/** Asks Temporal how the orders are. Everything is bounded; what Temporal itself does not answer throws. */
export interface OrderHealth {
  readership(): Promise<Readership>;
  findings(): Promise<TemporalFindings>;
  /** The ids of all running orders; `undefined` when there are too many to compare at once. */
  running(): Promise<ReadonlySet<string> | undefined>;
  /** Whether its workflow runs; otherwise why none does, as a reason for attention. */
  standing(orderId: string): Promise<'running' | Gone>;
  /** Why an order's workflow task fails; `undefined` when it does not. */
  taskFailure(orderId: string): Promise<TaskFailure | undefined>;
  /** Since when a worker has an order's workflow task and does not answer; `undefined` when none has it. */
  taskSilence(orderId: string): Promise<Date | undefined>;
  /** The step at which the order says that it needs somebody, which keeps it from answering. */
  attention(orderId: string): Promise<OwnAttention | undefined>;
  /** Why nobody tells a running order on, in words; `undefined` when nothing says so. */
  whyStill(orderId: string): Promise<string | undefined>;
}

export interface HealthOptions {
  readonly client: Client;
  readonly queue: string;
  readonly workflowType: string;
  /** How long a whole look may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** A look at the readers costs Temporal some calls, so those who ask at the same time share it. */
const READERSHIP_FOR_MS = 2_000;
const MOST_RUNNING = 10_000;

export function createOrderHealth({ client, queue, workflowType, timeoutMs }: HealthOptions): OrderHealth {
  const search: Search = { client, workflowType };
  const bounded = <Result>(ask: () => Promise<Result>): Promise<Result> =>
    client.withDeadline(Date.now() + timeoutMs, ask);
  const readership = shared(READERSHIP_FOR_MS, () =>
    bounded(async () => {
      const [state, versions] = await allOver([readQueue(client, queue), versionsInUse(client, queue)]);
      return judgeReadership(state, versions, new Date());
    }),
  );
  const unreadOrders = async (): Promise<Finding[]> => allUnread(search, await readership());
  return {
    readership,
    findings: () =>
      bounded(async () => {
        const [own, failed, unanswered, ended, unable] = await allOver([
          withAttention(search),
          failing(search),
          silent(search),
          endedBadly(search),
          unreadOrders(),
        ]);
        return { withAttention: own, failing: failed, silent: unanswered, endedBadly: ended, unread: unable };
      }),
    running: () => bounded(() => runningIds(search)),
    standing: (orderId) => bounded(() => standingOf(client, orderId)),
    taskFailure: (orderId) => bounded(() => taskFailure(client, orderId)),
    taskSilence: (orderId) => bounded(() => taskSilence(client, orderId)),
    attention: (orderId) => bounded(() => ownAttention(client, orderId)),
    whyStill: async (orderId) => {
      const { ok, detail, silentVersions } = await readership();
      if (!ok) return detail;
      if (silentVersions.length > 0) {
        const pinned = await bounded(() => pinnedVersion(client, orderId));
        const unreadVersion = silentVersions.find(({ version }) => version === pinned);
        if (unreadVersion) return `nobody reads for version ${unreadVersion.version}, to which the order is pinned`;
      }
      const failure = await bounded(() => taskFailure(client, orderId));
      if (failure) return `its workflow fails: ${failure.message}; deploy a build without the fault`;
      const since = await bounded(() => taskSilence(client, orderId));
      return since && silenceOf(since);
    },
  };
}

/** For people. */
export function silenceOf(since: Date): string {
  return `a worker took the order and does not answer since ${since.toISOString()}: it hangs or died; kill -9 the one that hangs`;
}

async function allUnread(search: Search, { reason, silentVersions }: Readership): Promise<Finding[]> {
  const [all, ...pinned] = await Promise.all([
    reason === undefined ? [] : unread(search, reason),
    ...silentVersions.map(({ version }) => unread(search, `NoWorkerOfVersion:${version}`, version)),
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
