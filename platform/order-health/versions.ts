import { isGrpcServiceError, type Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { versionName, backlogOf, type Backlog } from './task-queue.ts';
import { awaitAll } from './shared.ts';

const { TaskQueueType, WorkerDeploymentVersionStatus } = proto.temporal.api.enums.v1;
/** gRPC status codes (https://grpc.io/docs/guides/status-codes/). */
const NOT_FOUND = 5;
const UNIMPLEMENTED = 12;

/** A version of a worker deployment to which workflows may still be pinned. */
export interface VersionState {
  /** `deployment:build`. */
  readonly version: string;
  readonly backlog: Backlog;
}

/** The versions of this queue that are current, ramping or not yet drained. None where nothing is versioned. */
export async function versionsInUse(client: Client, queue: string): Promise<VersionState[]> {
  const { namespace } = client.options;
  const service = client.workflowService;
  const listed = await ifThere(() => service.listWorkerDeployments({ namespace }));
  const deployments = await awaitAll(
    (listed?.workerDeployments ?? []).map(({ name }) =>
      ifThere(() => service.describeWorkerDeployment({ namespace, deploymentName: name })),
    ),
  );
  const versions = deployments
    .flatMap((deployment) => deployment?.workerDeploymentInfo?.versionSummaries ?? [])
    .filter(({ status }) => status !== undefined && status !== null && IN_USE.has(status));
  const states = await awaitAll(
    versions.map(({ deploymentVersion }) => stateOf(client, queue, deploymentVersion ?? {})),
  );
  return states.filter((state) => state !== undefined);
}

const IN_USE = new Set<unknown>([
  WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT,
  WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING,
  WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING,
]);

/** `undefined` when the version has nothing to do with this queue. */
async function stateOf(
  client: Client,
  queue: string,
  deploymentVersion: proto.temporal.api.deployment.v1.IWorkerDeploymentVersion,
): Promise<VersionState | undefined> {
  const described = await ifThere(() =>
    client.workflowService.describeWorkerDeploymentVersion({
      namespace: client.options.namespace,
      deploymentVersion,
      reportTaskQueueStats: true,
    }),
  );
  const own = (described?.versionTaskQueues ?? []).find(
    ({ name, type }) => name === queue && type === TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  );
  const version = versionName(deploymentVersion);
  return own && version ? { version, backlog: backlogOf(own.stats) } : undefined;
}

/** A server without worker deployments, and one that was deleted meanwhile, have nothing to say. */
async function ifThere<Result>(ask: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isGrpcServiceError(error) && (error.code === NOT_FOUND || error.code === UNIMPLEMENTED)) return undefined;
    throw error;
  }
}
