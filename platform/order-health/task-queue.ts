import type { Client } from '@temporalio/client';
import { optionalTsToDate, optionalTsToMs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { taskQueues } from '../../temporal.config.ts';

const { TaskQueueType } = proto.temporal.api.enums.v1;

/** A process that polls a queue for tasks. Temporal remembers it for five minutes after its last question. */
export interface Poller {
  readonly identity: string;
  /** `deployment:build`; absent: the worker is not versioned. */
  readonly version?: string;
  readonly lastPollAt: Date;
}

/** Tasks that nobody has taken yet. Temporal's figures are some seconds old. */
export interface Backlog {
  readonly tasks: number;
  readonly oldestMs: number;
}

/** A queue that the workers of the service read. */
export interface WatchedQueue {
  readonly queue: string;
  /** Of which tasks: a queue of activities has no workflow of its own. */
  readonly tasks: 'workflow' | 'activity';
  /** The queue of the workflows that its tasks belong to: itself, or that of the orders. */
  readonly workflowsOf: string;
}

/** Every queue that a worker process reads. */
export const WATCHED_QUEUES = {
  orders: { queue: taskQueues.orders, tasks: 'workflow', workflowsOf: taskQueues.orders },
  parties: { queue: taskQueues.parties, tasks: 'activity', workflowsOf: taskQueues.orders },
  webhooks: { queue: taskQueues.webhooks, tasks: 'workflow', workflowsOf: taskQueues.webhooks },
} as const satisfies Record<keyof typeof taskQueues, WatchedQueue>;

/** As Temporal numbers them. */
export const TASK_TYPES = {
  workflow: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  activity: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
} as const;

export interface QueueState {
  readonly queue: string;
  readonly pollers: readonly Poller[];
  /** The version that gets new workflows; absent: workers without a version get them. */
  readonly currentVersion?: string;
  /** The version that gets a part of them. */
  readonly rampingVersion?: string;
  readonly backlog: Backlog;
}

/** Asks Temporal who polls a queue, and what waits in it. */
export async function readQueue(
  client: Client,
  { queue, tasks }: Pick<WatchedQueue, 'queue' | 'tasks'>,
): Promise<QueueState> {
  const { pollers, versioningInfo, stats } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: queue },
    taskQueueType: TASK_TYPES[tasks],
    reportStats: true,
  });
  return {
    queue,
    pollers: (pollers ?? []).map(({ identity, lastAccessTime, deploymentOptions }) => ({
      identity: identity ?? 'unknown',
      version: isVersioned(deploymentOptions) ? versionName(deploymentOptions) : undefined,
      lastPollAt: optionalTsToDate(lastAccessTime) ?? new Date(0),
    })),
    currentVersion: versionName(versioningInfo?.currentDeploymentVersion),
    rampingVersion: versionName(versioningInfo?.rampingDeploymentVersion),
    backlog: backlogOf(stats),
  };
}

type Stats = proto.temporal.api.taskqueue.v1.ITaskQueueStats | null | undefined;

export function backlogOf(stats: Stats): Backlog {
  return {
    tasks: Number(stats?.approximateBacklogCount ?? 0),
    oldestMs: optionalTsToMs(stats?.approximateBacklogAge) ?? 0,
  };
}

/** A version as people and visibility write it. */
export function versionName(
  version: { deploymentName?: string | null; buildId?: string | null } | null | undefined,
): string | undefined {
  return version?.deploymentName && version.buildId ? `${version.deploymentName}:${version.buildId}` : undefined;
}

function isVersioned(options: proto.temporal.api.deployment.v1.IWorkerDeploymentOptions | null | undefined): boolean {
  // In JSON the name, on the wire the number.
  const { WORKER_VERSIONING_MODE_VERSIONED } = proto.temporal.api.enums.v1.WorkerVersioningMode;
  return options?.workerVersioningMode === WORKER_VERSIONING_MODE_VERSIONED;
}
