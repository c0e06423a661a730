import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { ifThere } from '../if-there.ts';
import {
  backlogOf,
  readQueue,
  TASK_TYPES,
  versionName,
  WATCHED_QUEUES,
  type Backlog,
  type WatchedQueue,
} from './task-queue.ts';
import { awaitAll } from './shared.ts';

const { WorkerDeploymentVersionStatus } = proto.temporal.api.enums.v1;

/** A version of a worker deployment to which workflows may still be pinned, as one task queue knows it. */
export interface VersionState {
  /** `deployment:build`. */
  readonly version: string;
  readonly backlog: Backlog;
  /** How many running workflows it alone may run; absent while visibility does not say. */
  readonly pinned?: number;
}

/** A version with every task queue that its workers have asked for tasks. */
export interface VersionInUse {
  /** `deployment:build`. */
  readonly version: string;
  readonly queues: readonly proto.temporal.api.workflowservice.v1.DescribeWorkerDeploymentVersionResponse.IVersionTaskQueue[];
}

/** What one queue knows of the versions: those whose workers have asked it for tasks. */
export async function versionsOf(
  client: Client,
  versions: readonly VersionInUse[],
  { queue, tasks, workflowsOf }: WatchedQueue,
): Promise<VersionState[]> {
  const known = versions.flatMap(({ version, queues }) => {
    const own = queues.find(({ name, type }) => name === queue && type === TASK_TYPES[tasks]);
    return own ? [{ version, backlog: backlogOf(own.stats) }] : [];
  });
  return awaitAll(known.map(async (one) => ({ ...one, pinned: await pinnedTo(client, one.version, workflowsOf) })));
}

async function pinnedTo(client: Client, version: string, queue: string): Promise<number | undefined> {
  const query = `TaskQueue = '${queue}' and ExecutionStatus = 'Running' and ${isPinnedTo(version)}`;
  try {
    return (await client.workflow.count(query)).count;
  } catch {
    return undefined;
  }
}

/** As a condition of visibility. A workflow that moves from version to version by itself waits for none. */
export function isPinnedTo(version: string): string {
  return `TemporalWorkerDeploymentVersion = '${version}' and TemporalWorkflowVersioningBehavior = 'Pinned'`;
}

/** The versions that are not drained. None where nothing is versioned. */
export async function versionsInUse(client: Client): Promise<VersionInUse[]> {
  const { namespace } = client.options;
  const service = client.workflowService;
  const names = await deploymentNames(client);
  const deployments = await awaitAll(
    names.map((deploymentName) => ifThere(() => service.describeWorkerDeployment({ namespace, deploymentName }))),
  );
  const versions = deployments
    .flatMap((deployment) => deployment?.workerDeploymentInfo?.versionSummaries ?? [])
    .filter(({ status }) => status !== undefined && status !== null && IN_USE.has(status));
  const states = await awaitAll(versions.map(({ deploymentVersion }) => stateOf(client, deploymentVersion ?? {})));
  return states.filter((state) => state !== undefined);
}

/**
 * Every worker deployment of the namespace. The list comes from visibility, where one is missing for a moment when it changes: who polls,
 * and what is current, the queue knows.
 */
export async function deploymentNames(client: Client): Promise<string[]> {
  const [listed, { pollers, currentVersion }] = await awaitAll([
    listedNames(client),
    readQueue(client, WATCHED_QUEUES.orders),
  ]);
  const versions = [currentVersion, ...pollers.map(({ version }) => version)];
  const seen = versions.flatMap((version) => version?.split(':').slice(0, 1) ?? []);
  return [...new Set([...listed, ...seen])];
}

async function listedNames({ options: { namespace }, workflowService }: Client): Promise<string[]> {
  const names: string[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const pageToken = nextPageToken;
    const page = await ifThere(() => workflowService.listWorkerDeployments({ namespace, nextPageToken: pageToken }));
    for (const { name } of page?.workerDeployments ?? []) if (name) names.push(name);
    nextPageToken = page?.nextPageToken;
  } while (nextPageToken?.length);
  return names;
}

/** An order may have been moved by hand to a version that was never current. */
const IN_USE = new Set<unknown>([
  WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_INACTIVE,
  WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT,
  WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING,
  WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING,
]);

/** `undefined` when it was deleted meanwhile. */
async function stateOf(
  client: Client,
  deploymentVersion: proto.temporal.api.deployment.v1.IWorkerDeploymentVersion,
): Promise<VersionInUse | undefined> {
  const described = await ifThere(() =>
    client.workflowService.describeWorkerDeploymentVersion({
      namespace: client.options.namespace,
      deploymentVersion,
      reportTaskQueueStats: true,
    }),
  );
  const version = versionName(deploymentVersion);
  return described && version ? { version, queues: described.versionTaskQueues } : undefined;
}
