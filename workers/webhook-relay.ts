import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { createSettling } from '../office/outbox-settling.ts';
import { noteTold, queueDeliveries, untoldLanes } from '../office/webhook-relay.ts';
import type { Logger } from '../platform/logger.ts';
import type { Orm } from '../platform/orm.ts';
import { taskQueues } from '../temporal.config.ts';
import { wake, WEBHOOK_WORKFLOW, webhookWorkflowId } from '../workflows/webhook-messages.ts';

/** Reads the outbox for webhooks and wakes the workflows that deliver. */
export interface WebhookRelay {
  /** There are new events, or there may be. */
  wake(): void;
  close(): Promise<void>;
}

/** Also without a wake-up it looks this often: for events that waited for older transactions, and after outages. */
const LOOK_MS = 2_000;
/** An order leaves its events in five transactions within a second: they are read together, not one after the other. */
const GATHER_MS = 250;
const LANES_AT_ONCE = 100;

export function startWebhookRelay(parts: { orm: Orm; client: Client; logger: Logger }): WebhookRelay {
  const { orm, client, logger } = parts;
  const settling = createSettling(orm);
  const closing = new AbortController();
  let roused = new AbortController();

  const pass = async (): Promise<void> => {
    while (await queueDeliveries(orm, settling, logger));
    for (;;) {
      const lanes = await untoldLanes(orm.em.fork(), LANES_AT_ONCE);
      await Promise.all(lanes.map((lane) => tell(client, orm, lane)));
      if (lanes.length < LANES_AT_ONCE) return;
    }
  };
  const running = (async () => {
    while (!closing.signal.aborted) {
      await pass().catch((error: unknown) => logger.warn({ err: error }, 'webhooks wait'));
      const anyOf = AbortSignal.any([closing.signal, roused.signal]);
      await sleep(LOOK_MS, undefined, { signal: anyOf }).catch(() => undefined);
      roused = new AbortController();
      await sleep(GATHER_MS, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  })();

  return {
    wake: () => roused.abort(),
    async close() {
      closing.abort();
      await running;
    },
  };
}

/** Wakes the lane’s workflow, or starts it; then notes that it knows. Repeated it is harmless. */
async function tell(
  client: Client,
  orm: Orm,
  lane: { webhookId: string; orderId: string; upTo: string },
): Promise<void> {
  const { webhookId, orderId } = lane;
  await client.workflow.signalWithStart(WEBHOOK_WORKFLOW, {
    workflowId: webhookWorkflowId(lane),
    taskQueue: taskQueues.webhooks,
    args: [{ webhookId, orderId }],
    signal: wake,
    staticSummary: `events of ${orderId}`,
  });
  await noteTold(orm.em.fork(), lane);
}
