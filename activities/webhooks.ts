import { log } from '@temporalio/activity';
import { buryDelivery, type DeliveryLane } from '../office/webhooks/deliveries.ts';
import { nextOfLane, noteDelivered, noteFailed } from '../office/webhooks/attempts.ts';
import type { Orm } from '../platform/orm.ts';
import { sendEvent, type SendingDeps } from './webhook-sending.ts';

/** What the delivery of webhooks reaches outside itself. */
export interface WebhookDeps extends SendingDeps {
  readonly orm: Orm;
  /** A lane is at its end for now: another may have its place. */
  readonly laneEnded?: () => void;
}

/**
 * How an attempt went. `dead`: that delivery was given up, the next one goes on. `parked`: the lane is told again when its
 * time has come. `idle`: there is nothing to deliver.
 */
export type AttemptResult = 'delivered' | 'dead' | 'parked' | 'idle' | { readonly waitMs: number };

export function createWebhookActivities(deps: WebhookDeps) {
  const { orm, laneEnded } = deps;
  const attempt = async (lane: DeliveryLane, mayProbe: boolean): Promise<AttemptResult> => {
    const result = await attemptNext(deps, lane, mayProbe);
    if (result === 'idle' || result === 'parked') laneEnded?.();
    return result;
  };
  return {
    /**
     * Makes one attempt to deliver the oldest pending event of a lane, if it is to be tried now. The receiver may see an event
     * twice (its answer was lost), always under the same `webhook-id`. Whatever the receiver does is a result: this fails
     * only when the office's own books cannot be read or written.
     */
    attemptDelivery: (lane: DeliveryLane) => attempt(lane, true),

    /** The same for lanes that began before waits were left to the relay: they end where they would have to wait. */
    async deliverNext(lane: DeliveryLane): Promise<'delivered' | 'idle'> {
      const result = await attempt(lane, false);
      return result === 'delivered' || result === 'dead' ? 'delivered' : 'idle';
    },

    /** Gives up the oldest pending event of a lane that began before deliveries were given up by their age. */
    async giveUp(lane: DeliveryLane): Promise<void> {
      await buryDelivery(orm.em.fork(), lane);
    },
  };
}
export type WebhookActivities = ReturnType<typeof createWebhookActivities>;

async function attemptNext(deps: WebhookDeps, lane: DeliveryLane, mayProbe: boolean): Promise<AttemptResult> {
  const em = deps.orm.em.fork();
  const task = await nextOfLane(em, lane, mayProbe);
  if (task.state === 'wait') return { waitMs: task.waitMs };
  if (task.state !== 'due') return task.state;
  const failure = await sendEvent(task.delivery, deps);
  if (!failure) {
    await noteDelivered(em, lane, task.delivery.id);
    return 'delivered';
  }
  const { status, disabled } = await noteFailed(em, lane, task.delivery.id, failure);
  if (disabled) log.warn('a webhook is disabled', { webhookId: lane.webhookId, reason: disabled });
  return status;
}
