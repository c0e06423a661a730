import { Worker, type NativeConnection, type WorkflowBundle } from '@temporalio/worker';
import { createWebhookActivities, type WebhookDeps } from '../activities/webhooks.ts';
import { rateLimits, taskQueues } from '../temporal.config.ts';

/** A worker of its own, so that slow receivers never keep an order waiting. */
export function createWebhookWorker(options: {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly workflowBundle: WorkflowBundle | { readonly codePath: string };
  readonly deps: WebhookDeps;
}): Promise<Worker> {
  const { connection, namespace, workflowBundle, deps } = options;
  return Worker.create({
    connection,
    namespace,
    taskQueue: taskQueues.webhooks,
    workflowBundle,
    activities: createWebhookActivities(deps),
    maxTaskQueueActivitiesPerSecond: rateLimits.webhooksPerSecond,
    // An attempt is a socket that waits, and a party's share of them is bounded: room for ten whose receivers are all slow.
    maxConcurrentActivityTaskExecutions: 200,
    maxConcurrentWorkflowTaskExecutions: 10,
    maxCachedWorkflows: 200,
    shutdownGraceTime: '5 seconds',
    shutdownForceTime: '20 seconds',
  });
}
