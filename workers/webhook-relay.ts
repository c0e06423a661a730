import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { type Watermark, createWatermark } from '../office/outbox/index.ts';
import { type AdmittedQueue, admitQueues, queueDeliveries, readmitLater } from '../office/webhooks/index.ts';
import type { Logger } from '../platform/logger.ts';
import type { Orm } from '../platform/orm.ts';
import { taskQueues } from '../temporal.config.ts';
import { wake, WEBHOOK_WORKFLOW, webhookWorkflowId } from '../workflows/messages/webhook.ts';

/** Reads the outbox for webhooks and signals the workflows that deliver. */
export interface WebhookRelay {
  /** There are new events, or there may be; or a queue has ended. */
  wake(): void;
  close(): Promise<void>;
}

/** Also without a wake-up it looks this often: for deliveries that are due again, and after outages. */
const LOOK_MS = 2_000;
/** An order leaves its events in five transactions within a second: they are read together, not one after the other. */
const BATCH_WINDOW_MS = 250;
const QUEUES_AT_ONCE = 100;

interface RelayParts {
  readonly orm: Orm;
  readonly client: Client;
  readonly logger: Logger;
}

export function startWebhookRelay(parts: RelayParts): WebhookRelay {
  const watermark = createWatermark(parts.orm);
  const closing = new AbortController();
  let woken = new AbortController();
  const running = (async () => {
    while (!closing.signal.aborted) {
      await pass({ ...parts, watermark });
      const anyOf = AbortSignal.any([closing.signal, woken.signal]);
      await sleep(LOOK_MS, undefined, { signal: anyOf }).catch(() => undefined);
      woken = new AbortController();
      await sleep(BATCH_WINDOW_MS, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  })();

  return {
    wake: () => woken.abort(),
    async close() {
      closing.abort();
      await running;
    },
  };
}

/** What is queued is delivered even while the outbox cannot be read on. */
async function pass(parts: RelayParts & { watermark: Watermark }): Promise<void> {
  const wait = (error: unknown) => parts.logger.warn({ err: error }, 'webhooks wait');
  await queueAll(parts).catch(wait);
  await signalAll(parts).catch(wait);
}

async function queueAll({ orm, watermark, logger }: RelayParts & { watermark: Watermark }): Promise<void> {
  while (await queueDeliveries(orm, watermark, logger));
}

/** One queue that cannot be signalled keeps no other from it. */
async function signalAll({ orm, client, logger }: RelayParts): Promise<void> {
  for (;;) {
    const admitted = (await admitQueues(orm, QUEUES_AT_ONCE)) ?? [];
    const signalled = await Promise.allSettled(admitted.map((queue) => signal(client, queue)));
    const failed = admitted.filter((_queue, index) => signalled[index]?.status === 'rejected');
    for (const queue of failed) await readmitLater(orm.em.fork(), queue);
    if (failed.length > 0) {
      const first = signalled.find((one) => one.status === 'rejected');
      logger.warn({ err: first?.reason, queues: failed.length }, 'webhooks wait: their workflows cannot be signalled');
    }
    if (failed.length > 0 || admitted.length < QUEUES_AT_ONCE) return;
  }
}

/**
 * Signals the queue's workflow, or starts it; repeated it is harmless. The party in its role is the fairness key, also of its activities:
 * where the server has it, a party's backlog is served in fair shares with the others'.
 */
async function signal(client: Client, queue: AdmittedQueue): Promise<void> {
  const { webhookId, orderId, role, partyId } = queue;
  await client.workflow.signalWithStart(WEBHOOK_WORKFLOW, {
    workflowId: webhookWorkflowId(queue),
    taskQueue: taskQueues.webhooks,
    args: [{ webhookId, orderId }],
    signal: wake,
    staticSummary: `events of ${orderId}`,
    priority: { fairnessKey: `${role}:${partyId}`.slice(0, 64) },
  });
}
