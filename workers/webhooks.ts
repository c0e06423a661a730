import { Client, type ConnectionOptions } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { Worker, type NativeConnection, type WorkerInterceptors, type WorkflowBundle } from '@temporalio/worker';
import { createWebhookActivities, type WebhookDeps } from '../activities/webhook-delivery.ts';
import type { Logger } from '../platform/logger.ts';
import { listen } from '../platform/notifications.ts';
import { plainPayloads } from '../platform/payloads/data-converter.ts';
import { lazyConnection } from '../platform/temporal-connection.ts';
import { rateLimits, taskQueues } from '../temporal.config.ts';
import { deploymentOf, type OrderWorkerOptions } from './order-worker.ts';
import { startWebhookRelay, type WebhookRelay } from './webhook-relay.ts';

/** Everything that brings the orders' events to the parties' webhooks. */
export interface Webhooks {
  /** Delivers until the worker is shut down. */
  run(): Promise<void>;
  shutdown(): void;
  close(): Promise<void>;
}

export interface WebhookOptions extends Pick<OrderWorkerOptions, 'version'> {
  readonly connection: NativeConnection;
  /** The same server, for the client that wakes deliveries. */
  readonly connect: ConnectionOptions;
  readonly namespace: string;
  readonly workflowBundle: WorkflowBundle | { readonly codePath: string };
  /** How payloads travel. Default: as they are. */
  readonly dataConverter?: DataConverter;
  readonly deps: WebhookDeps;
  readonly interceptors?: WorkerInterceptors;
  readonly databaseUrl: string;
  readonly logger: Logger;
}

/** Starts the relay, which is notified of new events, and makes the worker that delivers them. */
export async function openWebhooks(options: WebhookOptions): Promise<Webhooks> {
  const { connect, namespace, dataConverter = plainPayloads, deps, databaseUrl, logger } = options;
  let relay: WebhookRelay | undefined;
  const worker = await createWebhookWorker(options, () => relay?.wake());
  const clientConnection = lazyConnection(connect);
  const client = new Client({ connection: clientConnection, namespace, dataConverter });
  const started = startWebhookRelay({ orm: deps.orm, client, logger });
  relay = started;
  const listener = listen({ url: databaseUrl, channel: 'order_events', wake: () => started.wake(), logger });
  return {
    run: () => worker.run(),
    shutdown: () => worker.shutdown(),
    async close() {
      await listener.close();
      await started.close();
      await clientConnection.close();
    },
  };
}

/** A worker of its own, so that slow receivers never keep an order waiting. */
function createWebhookWorker(options: WebhookOptions, queueEnded: () => void): Promise<Worker> {
  const { connection, namespace, workflowBundle, dataConverter = plainPayloads, deps, interceptors, version } = options;
  return Worker.create({
    connection,
    namespace,
    taskQueue: taskQueues.webhooks,
    workflowBundle,
    dataConverter,
    activities: createWebhookActivities({ ...deps, queueEnded }),
    maxTaskQueueActivitiesPerSecond: rateLimits.webhooksPerSecond,
    // An attempt is a socket that waits, and a party's share of them is bounded: room for ten whose receivers are all slow.
    maxConcurrentActivityTaskExecutions: 200,
    maxConcurrentWorkflowTaskExecutions: 10,
    maxCachedWorkflows: 200,
    interceptors,
    // A receiver that fails for days keeps no build: the current one goes on, as workers without versions do.
    ...(version && { workerDeploymentOptions: deploymentOf(version, 'AUTO_UPGRADE') }),
    shutdownGraceTime: '5 seconds',
    shutdownForceTime: '20 seconds',
  });
}
