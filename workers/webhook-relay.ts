import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { createSettling, type OutboxSettling } from '../office/outbox/settling.ts';
import { admitLanes, takeBack, type AdmittedLane } from '../office/webhooks/admission.ts';
import { queueDeliveries } from '../office/webhooks/relay.ts';
import type { Logger } from '../platform/logger.ts';
import type { Orm } from '../platform/orm.ts';
import { taskQueues } from '../temporal.config.ts';
import { wake, WEBHOOK_WORKFLOW, webhookWorkflowId } from '../workflows/messages/webhook.ts';

/** Reads the outbox for webhooks and wakes the workflows that deliver. */
export interface WebhookRelay {
  /** There are new events, or there may be; or a lane has ended. */
  wake(): void;
  close(): Promise<void>;
}

/** Also without a wake-up it looks this often: for deliveries that are due again, and after outages. */
const LOOK_MS = 2_000;
/** An order leaves its events in five transactions within a second: they are read together, not one after the other. */
const BATCH_WINDOW_MS = 250;
const LANES_AT_ONCE = 100;

interface RelayParts {
  readonly orm: Orm;
  readonly client: Client;
  readonly logger: Logger;
}

export function startWebhookRelay(parts: RelayParts): WebhookRelay {
  const settling = createSettling(parts.orm);
  const closing = new AbortController();
  let roused = new AbortController();
  const running = (async () => {
    while (!closing.signal.aborted) {
      await pass({ ...parts, settling });
      const anyOf = AbortSignal.any([closing.signal, roused.signal]);
      await sleep(LOOK_MS, undefined, { signal: anyOf }).catch(() => undefined);
      roused = new AbortController();
      await sleep(BATCH_WINDOW_MS, undefined, { signal: closing.signal }).catch(() => undefined);
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

/** What is queued is told even while the outbox cannot be read on. */
async function pass(parts: RelayParts & { settling: OutboxSettling }): Promise<void> {
  const wait = (error: unknown) => parts.logger.warn({ err: error }, 'webhooks wait');
  await queueAll(parts).catch(wait);
  await tellAll(parts).catch(wait);
}

async function queueAll({ orm, settling, logger }: RelayParts & { settling: OutboxSettling }): Promise<void> {
  while (await queueDeliveries(orm, settling, logger));
}

/** One lane that cannot be told keeps no other from it. */
async function tellAll({ orm, client, logger }: RelayParts): Promise<void> {
  for (;;) {
    const admitted = (await admitLanes(orm, LANES_AT_ONCE)) ?? [];
    const told = await Promise.allSettled(admitted.map((lane) => tell(client, lane)));
    const failed = admitted.filter((_lane, index) => told[index]?.status === 'rejected');
    for (const lane of failed) await takeBack(orm.em.fork(), lane);
    if (failed.length > 0) {
      const first = told.find((one) => one.status === 'rejected');
      logger.warn({ err: first?.reason, lanes: failed.length }, 'webhooks wait: their workflows cannot be told');
    }
    if (failed.length > 0 || admitted.length < LANES_AT_ONCE) return;
  }
}

/**
 * Wakes the lane's workflow, or starts it; repeated it is harmless. The party is the fairness key, also of its activities:
 * where the server has it, a party's backlog is served in turn with the others'.
 */
async function tell(client: Client, lane: AdmittedLane): Promise<void> {
  const { webhookId, orderId, partyId } = lane;
  await client.workflow.signalWithStart(WEBHOOK_WORKFLOW, {
    workflowId: webhookWorkflowId(lane),
    taskQueue: taskQueues.webhooks,
    args: [{ webhookId, orderId }],
    signal: wake,
    staticSummary: `events of ${orderId}`,
    priority: { fairnessKey: partyId.slice(0, 64) },
  });
}
