import { ApplicationFailure } from '@temporalio/common';
import { Webhook } from 'standardwebhooks';
import {
  buryDelivery,
  nextDelivery,
  noteAttempt,
  type DeliveryLane,
  type DueDelivery,
} from '../office/webhook-deliveries.ts';
import type { Orm } from '../platform/orm.ts';
import { ForbiddenTargetError, postJson } from '../platform/outgoing.ts';
import { ForgottenError, type Sealer } from '../platform/sealing.ts';

/** What the delivery of webhooks reaches outside itself. */
export interface WebhookDeps {
  readonly orm: Orm;
  readonly sealer: Sealer;
  /** Private and loopback targets, and plain http, are allowed. */
  readonly allowPrivateTargets: boolean;
}

const TIMEOUT_MS = 10_000;

export function createWebhookActivities({ orm, sealer, allowPrivateTargets }: WebhookDeps) {
  return {
    /**
     * Delivers the oldest pending event of a lane, signed as Standard Webhooks has it. The receiver may see an event twice
     * (its answer was lost), always under the same `webhook-id`. `idle`: there was nothing to deliver.
     */
    async deliverNext(lane: DeliveryLane): Promise<'delivered' | 'idle'> {
      const em = orm.em.fork();
      const due = await openDue(() => nextDelivery(em, sealer, lane));
      if (!due) return 'idle';
      const fault = await send(due, allowPrivateTargets);
      await noteAttempt(em, due.id, fault?.message);
      if (fault) throw fault;
      return 'delivered';
    },

    /** Gives up the oldest pending event of a lane. */
    async giveUp(lane: DeliveryLane): Promise<void> {
      await buryDelivery(orm.em.fork(), lane);
    },
  };
}
export type WebhookActivities = ReturnType<typeof createWebhookActivities>;

/** Sends one event; what went wrong comes back, to be noted before it is thrown. */
async function send(due: DueDelivery, allowPrivate: boolean): Promise<ApplicationFailure | undefined> {
  const { event, orderId, url } = due;
  const body = JSON.stringify({ type: event.type, timestamp: event.occurredAt, data: { orderId, ...event } });
  try {
    const headers = signed(due, body, new Date());
    const status = await postJson({ url, body, headers, timeoutMs: TIMEOUT_MS, allowPrivate });
    if (status >= 200 && status < 300) return undefined;
    return failure(`the receiver answered ${status}`, status === 410);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'the receiver cannot be reached';
    return failure(message.slice(0, 200), error instanceof ForbiddenTargetError);
  }
}

function signed({ event, secrets }: DueDelivery, body: string, now: Date): Record<string, string> {
  const id = `evt_${event.id}`;
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
  };
}

/** A party that was forgotten took its secrets along: nothing can be signed for it any more. */
async function openDue(read: () => Promise<DueDelivery | undefined>): Promise<DueDelivery | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ForgottenError) throw failure('the party was forgotten', true);
    throw error;
  }
}

function failure(message: string, hopeless: boolean): ApplicationFailure {
  return ApplicationFailure.create({ message, type: hopeless ? 'Hopeless' : 'NotDelivered', nonRetryable: hopeless });
}
