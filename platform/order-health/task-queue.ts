import type { Client } from '@temporalio/client';
import { optionalTsToDate, optionalTsToMs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';

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

export interface QueueState {
  readonly queue: string;
  readonly pollers: readonly Poller[];
  /** The version that gets new workflows; absent: workers without a version get them. */
  readonly currentVersion?: string;
  readonly backlog: Backlog;
}

/** Asks Temporal who polls a queue, and what waits in it: of workflow tasks, or of activities. */
export async function readQueue(
  client: Client,
  queue: string,
  taskQueueType = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
): Promise<QueueState> {
  const { pollers, versioningInfo, stats } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: queue },
    taskQueueType,
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
    backlog: backlogOf(stats),
  };
}

/** The same of a queue that holds activities alone. */
export function readActivityQueue(client: Client, queue: string): Promise<QueueState> {
  return readQueue(client, queue, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY);
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
