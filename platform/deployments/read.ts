import type { Client } from '@temporalio/client';
import { optionalTsToDate } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { ifThere } from '../if-there.ts';
import { awaitAll } from '../order-health/shared.ts';
import { versionName } from '../order-health/task-queue.ts';
import { deploymentNames } from '../order-health/versions.ts';
import { pollingByVersion, type Polling } from './polling.ts';

const { WorkerDeploymentVersionStatus: Status } = proto.temporal.api.enums.v1;

/** A build of a worker deployment, as Temporal knows it. */
export interface Version {
  /** `deployment:build`. */
  readonly name: string;
  readonly build: string;
  readonly status: VersionStatus;
  /** Since when it has that status. */
  readonly since?: Date;
  /** When its first worker polled. */
  readonly madeAt: Date;
  /** When it became current the last time; absent: never. */
  readonly lastCurrentAt?: Date;
  /** Who polls which queue for it. */
  readonly polling: readonly Polling[];
  /** Running orders that are pinned to it. Visibility may lag by seconds. */
  readonly runningOrders: number;
}

export type VersionStatus = 'current' | 'ramping' | 'draining' | 'drained' | 'inactive';

export interface Deployment {
  readonly name: string;
  /** The latest first. */
  readonly versions: readonly Version[];
  readonly current?: string;
  /** Gets that part of the new orders, in percent. */
  readonly ramping?: { readonly version: string; readonly percentage: number };
  /** Who changed it last. */
  readonly changedBy?: string;
  /** A change that carries it fails when somebody else has changed the deployment meanwhile. */
  readonly conflictToken?: Uint8Array;
}

/** All worker deployments of the namespace with their versions: calls to Temporal alone, which throw when it does not answer. */
export async function readDeployments(client: Client, workflowType: string): Promise<Deployment[]> {
  const names = await deploymentNames(client);
  const deployments = await awaitAll(names.map((name) => readDeployment(client, name, workflowType)));
  return deployments.filter((deployment) => deployment !== undefined);
}

/** How many running orders are pinned to a version; without one, to none. */
export async function runningOrdersOf(client: Client, workflowType: string, version?: string): Promise<number> {
  const { count } = await client.workflow.count(runningQuery(workflowType, version));
  return count;
}

/** The visibility query for the running orders of a version; without one, of none. */
export function runningQuery(workflowType: string, version?: string): string {
  const pinned = version === undefined ? 'is null' : `= '${version}'`;
  return `WorkflowType = '${workflowType}' and ExecutionStatus = 'Running' and TemporalWorkerDeploymentVersion ${pinned}`;
}

/** `undefined`: it was deleted meanwhile, or the server knows no worker deployments. */
async function readDeployment(client: Client, name: string, workflowType: string): Promise<Deployment | undefined> {
  const { namespace } = client.options;
  const described = await ifThere(() =>
    client.workflowService.describeWorkerDeployment({ namespace, deploymentName: name }),
  );
  if (!described) return undefined;
  const { workerDeploymentInfo: info, conflictToken } = described;
  const polling = await pollingByVersion(client);
  const summaries = (info?.versionSummaries ?? []).toSorted(
    (one, other) => Number(madeAt(other)) - Number(madeAt(one)),
  );
  const versions = await awaitAll(
    summaries.map(async (summary) => {
      const version = versionOf(summary);
      const runningOrders = await runningOrdersOf(client, workflowType, version.name);
      return { ...version, polling: polling(version.name), runningOrders };
    }),
  );
  const { currentDeploymentVersion, rampingDeploymentVersion, rampingVersionPercentage } = info?.routingConfig ?? {};
  const ramping = versionName(rampingDeploymentVersion);
  return {
    name,
    versions,
    current: versionName(currentDeploymentVersion),
    ...(ramping !== undefined && { ramping: { version: ramping, percentage: rampingVersionPercentage ?? 0 } }),
    changedBy: info?.lastModifierIdentity || undefined,
    conflictToken: conflictToken ?? undefined,
  };
}

type Summary = proto.temporal.api.deployment.v1.WorkerDeploymentInfo.IWorkerDeploymentVersionSummary;

function versionOf(summary: Summary): Omit<Version, 'polling' | 'runningOrders'> {
  const { deploymentVersion, status: code, lastCurrentTime } = summary;
  const status = STATUS.get(code) ?? 'inactive';
  return {
    name: versionName(deploymentVersion) ?? 'unknown',
    build: deploymentVersion?.buildId ?? 'unknown',
    status,
    since: sinceOf(status, summary),
    madeAt: madeAt(summary),
    lastCurrentAt: optionalTsToDate(lastCurrentTime),
  };
}

const STATUS = new Map<unknown, VersionStatus>([
  [Status.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT, 'current'],
  [Status.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING, 'ramping'],
  [Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING, 'draining'],
  [Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED, 'drained'],
]);

function sinceOf(status: VersionStatus, summary: Summary): Date | undefined {
  const { currentSinceTime, rampingSinceTime, drainageInfo, createTime } = summary;
  if (status === 'current') return optionalTsToDate(currentSinceTime);
  if (status === 'ramping') return optionalTsToDate(rampingSinceTime);
  return optionalTsToDate(status === 'inactive' ? createTime : drainageInfo?.lastChangedTime);
}

function madeAt({ createTime }: Summary): Date {
  return optionalTsToDate(createTime) ?? new Date(0);
}
