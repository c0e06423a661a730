import { ActivityFailure, isCancellation, proxyActivities, setHandler } from '@temporalio/workflow';
import type { WebhookActivities } from '../activities/webhooks.ts';
import { lanes } from '../temporal.config.ts';
import { wake, type WebhookLane } from './webhook-messages.ts';

const { deliverNext } = proxyActivities<WebhookActivities>(lanes.webhooks);
const { giveUp } = proxyActivities<WebhookActivities>(lanes.notes);

/**
 * Delivers one order’s events to one webhook, one after the other, so that the receiver sees them in order. An event that
 * stays undeliverable for days is given up and shown as dead; the ones after it go on. Ends when there is nothing to do;
 * the next event starts it again.
 */
export async function WebhookDelivery(lane: WebhookLane): Promise<void> {
  let woken = true;
  setHandler(wake, () => {
    woken = true;
  });
  while (woken) {
    woken = false;
    while ((await deliver(lane)) !== 'idle');
  }
}

async function deliver(lane: WebhookLane): Promise<'delivered' | 'given up' | 'idle'> {
  try {
    return await deliverNext(lane);
  } catch (failure) {
    if (!(failure instanceof ActivityFailure) || isCancellation(failure)) throw failure;
    await giveUp(lane);
    return 'given up';
  }
}
