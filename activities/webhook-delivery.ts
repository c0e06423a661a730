import { log } from '@temporalio/activity';
import { Webhook } from 'standardwebhooks';
import { retryAfterMs } from '../domain/retry-after.ts';
import type { TimelineEvent } from '../domain/timeline.ts';
import type { DeliveryQueue } from '../domain/webhooks.ts';
import { openEvent } from '../office/orders/index.ts';
import {
  type AttemptFailure,
  type DueDelivery,
  giveUpDelivery,
  nextInQueue,
  noteDelivered,
  noteFailed,
} from '../office/webhooks/index.ts';
import type { Orm } from '../platform/orm.ts';
import { ForbiddenTargetError, postJson, type OutgoingAnswer } from '../platform/outgoing.ts';
import { ForgottenError, type Sealer } from '../platform/sealing.ts';

/** What the delivery of webhooks reaches outside itself. */
export interface WebhookDeps {
  readonly orm: Orm;
  readonly sealer: Sealer;
  /** Private and loopback targets, and plain http, are allowed. */
  readonly allowPrivateTargets: boolean;
  /** A queue is at its end for now: another may have its place. */
  readonly queueEnded?: () => void;
}

/**
 * How an attempt went. `dead`: that delivery was given up, the next one goes on. `parked`: the relay starts the queue again when its
 * time has come. `idle`: there is nothing to deliver.
 */
export type AttemptResult = 'delivered' | 'dead' | 'parked' | 'idle' | { readonly waitMs: number };

export function createWebhookActivities(deps: WebhookDeps) {
  const { orm, queueEnded } = deps;
  const attempt = async (queue: DeliveryQueue, mayProbe: boolean): Promise<AttemptResult> => {
    const result = await attemptNext(deps, queue, mayProbe);
    if (result === 'idle' || result === 'parked') queueEnded?.();
    return result;
  };
  return {
    /**
     * Makes one attempt to deliver the oldest pending event of a queue, if it is to be tried now. The receiver may see an event
     * twice (its answer was lost), always under the same `webhook-id`. Whatever the receiver does is a result: this fails
     * only when the office's own books cannot be read or written.
     */
    attemptDelivery: (queue: DeliveryQueue) => attempt(queue, true),

    /** The same for queues that began before waits were left to the relay: they end where they would have to wait. */
    async deliverNext(queue: DeliveryQueue): Promise<'delivered' | 'idle'> {
      const result = await attempt(queue, false);
      return result === 'delivered' || result === 'dead' ? 'delivered' : 'idle';
    },

    /** Gives up the oldest pending event of a queue that began before deliveries were given up by their age. */
    async giveUp(queue: DeliveryQueue): Promise<void> {
      await giveUpDelivery(orm.em.fork(), queue);
    },
  };
}

export type WebhookActivities = ReturnType<typeof createWebhookActivities>;

async function attemptNext(deps: WebhookDeps, queue: DeliveryQueue, mayProbe: boolean): Promise<AttemptResult> {
  const em = deps.orm.em.fork();
  const task = await nextInQueue(em, queue, mayProbe);
  if (task.state === 'wait') return { waitMs: task.waitMs };
  if (task.state !== 'due') return task.state;
  if (!task.delivery.event) {
    // It was queued before it was known that it is not for this party.
    await giveUpDelivery(em, queue);
    return 'dead';
  }
  const event = await openEvent(deps.sealer, task.delivery.event);
  const failure = await sendEvent(task.delivery, event, deps);
  if (!failure) {
    await noteDelivered(em, queue, task.delivery.id);
    return 'delivered';
  }
  const { status, disabled } = await noteFailed(em, queue, task.delivery.id, failure);
  if (disabled) log.warn('a webhook is disabled', { webhookId: queue.webhookId, reason: disabled });
  return status;
}

/**
 * From the first look-up of the name to the last header of the answer. Tries of a failing receiver have it, too: with less, one
 * that is slow and otherwise well would never be found well again.
 */
const TIMEOUT_MS = 10_000;

/** Statuses whose `Retry-After` says when the receiver wants to be asked again. */
const BUSY = [429, 503];

/** Sends one event, signed as Standard Webhooks has it. Returns what went wrong; `undefined`: it has arrived. */
async function sendEvent(
  due: DueDelivery,
  event: TimelineEvent,
  deps: WebhookDeps,
): Promise<AttemptFailure | undefined> {
  const { orderId, url } = due;
  const body = JSON.stringify({ type: event.type, timestamp: event.occurredAt, data: { orderId, ...event } });
  const secrets = await openSecrets(due, deps.sealer);
  if (!secrets) return { message: 'the party was forgotten', disable: 'party_forgotten' };
  const headers = signed(`evt_${event.id}`, secrets, body);
  try {
    const { allowPrivateTargets: allowPrivate } = deps;
    return failureOf(await postJson({ url, body, headers, timeoutMs: TIMEOUT_MS, allowPrivate }));
  } catch (error) {
    const message = error instanceof Error ? error.message : 'the receiver cannot be reached';
    const forbidden = error instanceof ForbiddenTargetError;
    return { message: message.slice(0, 200), ...(forbidden && { disable: 'forbidden_target' }) };
  }
}

function failureOf({ status, retryAfter }: OutgoingAnswer): AttemptFailure | undefined {
  if (status >= 200 && status < 300) return undefined;
  const message = `the receiver answered ${status}`;
  if (status === 410) return { message, disable: 'gone' };
  return { message, retryAfterMs: BUSY.includes(status) ? retryAfterMs(retryAfter, new Date()) : undefined };
}

/** A party that was forgotten took its secrets along: nothing can be signed for it any more. */
async function openSecrets({ sealedSecrets }: DueDelivery, sealer: Sealer): Promise<string[] | undefined> {
  try {
    return await Promise.all(sealedSecrets.map((sealed) => sealer.open<string>(sealed)));
  } catch (error) {
    if (error instanceof ForgottenError) return undefined;
    throw error;
  }
}

function signed(id: string, secrets: readonly string[], body: string): Record<string, string> {
  const now = new Date();
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
  };
}
