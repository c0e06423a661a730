import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import type { NativeConnection, WorkflowBundle } from '@temporalio/worker';
import type { WebhookDeps } from '../activities/webhooks.ts';
import type { Logger } from '../platform/logger.ts';
import { listen } from '../platform/notifications.ts';
import { startWebhookRelay } from './webhook-relay.ts';
import { createWebhookWorker } from './webhook-worker.ts';

/** Everything that brings the orders' events to the parties' webhooks. */
export interface Webhooks {
  /** Delivers until the worker is shut down. */
  run(): Promise<void>;
  shutdown(): void;
  close(): Promise<void>;
}

export interface WebhookOptions {
  readonly connection: NativeConnection;
  /** The same server, for the client that wakes deliveries. */
  readonly connect: ConnectionOptions;
  readonly namespace: string;
  readonly workflowBundle: WorkflowBundle | { readonly codePath: string };
  readonly deps: WebhookDeps;
  readonly databaseUrl: string;
  readonly logger: Logger;
}

/** Starts the relay, which hears of new events, and makes the worker that delivers them. */
export async function openWebhooks(options: WebhookOptions): Promise<Webhooks> {
  const { connection, connect, namespace, workflowBundle, deps, databaseUrl, logger } = options;
  const rousing: { wake?: () => void } = {};
  const heard = { ...deps, laneEnded: () => rousing.wake?.() };
  const worker = await createWebhookWorker({ connection, namespace, workflowBundle, deps: heard });
  const clientConnection = Connection.lazy(connect);
  const client = new Client({ connection: clientConnection, namespace });
  const relay = startWebhookRelay({ orm: deps.orm, client, logger });
  rousing.wake = () => relay.wake();
  const listener = listen({ url: databaseUrl, channel: 'order_events', wake: () => relay.wake(), logger });
  return {
    run: () => worker.run(),
    shutdown: () => worker.shutdown(),
    async close() {
      await listener.close();
      await relay.close();
      await clientConnection.close();
    },
  };
}
