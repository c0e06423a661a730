import { Worker, type NativeConnection } from '@temporalio/worker';
import { createTransmissions, type TransmissionActivities } from '../activities/transmissions/index.ts';
import { createPost } from '../activities/transmissions/post.ts';
import { createSiteKeys, type MessageDeps } from '../office/messages/index.ts';
import { plainPayloads } from '../platform/payloads/data-converter.ts';
import { taskQueues } from '../temporal.config.ts';
import { deploymentOf, type OrderWorkerOptions } from './order-worker.ts';

export interface PartiesWorkerOptions extends Pick<OrderWorkerOptions, 'version' | 'interceptors' | 'dataConverter'> {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly deps: Omit<MessageDeps, 'siteKeys'>;
  /** For tests that break a transmission on purpose. */
  readonly activities?: (transmissions: TransmissionActivities) => object;
}

/**
 * A worker of its own for what is sent to the parties' own servers, so that slow ones never keep an order's steps waiting. An
 * attempt is a socket that waits, and a party's share of them is bounded: room for ten whose servers all hang.
 */
export function createPartiesWorker(options: PartiesWorkerOptions): Promise<Worker> {
  const { connection, namespace, deps, version, interceptors } = options;
  const { activities = (transmissions) => transmissions, dataConverter = plainPayloads } = options;
  const post = createPost({ ...deps, siteKeys: createSiteKeys() });
  return Worker.create({
    connection,
    namespace,
    taskQueue: taskQueues.parties,
    dataConverter,
    activities: activities(createTransmissions({ ...deps, post })),
    maxConcurrentActivityTaskExecutions: 400,
    ...(version && { workerDeploymentOptions: deploymentOf(version) }),
    interceptors,
    shutdownGraceTime: '5 seconds',
    shutdownForceTime: '20 seconds',
  });
}
