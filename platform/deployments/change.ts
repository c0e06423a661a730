import type { ServiceError } from '@grpc/grpc-js';
import { isGrpcServiceError, type Client } from '@temporalio/client';
import type { Deployment } from './read.ts';

/** gRPC status code (https://grpc.io/docs/guides/status-codes/). */
const FAILED_PRECONDITION = 9;

/** Who changes a deployment, as Temporal records it. */
interface Change {
  readonly client: Client;
  readonly deployment: Deployment;
  readonly identity: string;
}

/** Somebody else changed the deployment between the look at it and the change, or Temporal refuses the change; nothing was changed. */
export class DeploymentRefused extends Error {
  override readonly name = 'DeploymentRefused';
  /** Temporal has not seen yet that the build's workers poll everything that those of the current one poll: it will in a moment. */
  readonly isEarly: boolean;

  constructor(cause: ServiceError) {
    super(inWords(cause.details), { cause });
    this.isEarly = cause.details.includes('missing active task queues');
  }
}

/** New orders begin on this build from now on. Throws `DeploymentRefused`. */
export function makeCurrent({ client, deployment, identity }: Change, buildId: string): Promise<void> {
  const { conflictToken, name: deploymentName } = deployment;
  const { namespace } = client.options;
  return refusedInWords(() =>
    client.workflowService.setWorkerDeploymentCurrentVersion({
      namespace,
      deploymentName,
      buildId,
      conflictToken,
      identity,
    }),
  );
}

/** So many of a hundred new orders begin on this build from now on; with an empty build on none but the current one. Throws `DeploymentRefused`. */
export function ramp({ client, deployment, identity }: Change, buildId: string, percentage: number): Promise<void> {
  const { conflictToken, name: deploymentName } = deployment;
  const { namespace } = client.options;
  return refusedInWords(() =>
    client.workflowService.setWorkerDeploymentRampingVersion({
      namespace,
      deploymentName,
      buildId,
      percentage,
      conflictToken,
      identity,
    }),
  );
}

async function refusedInWords(change: () => Promise<unknown>): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!isGrpcServiceError(error) || error.code !== FAILED_PRECONDITION) throw error;
    throw new DeploymentRefused(error);
  }
}

function inWords(details: string): string {
  if (!details.includes('conflict token')) return `Temporal refuses it: ${details}. Nothing was changed.`;
  return 'Meanwhile somebody else has changed it: look at `ops versions`, then repeat this. Nothing was changed.';
}
