import {
  ActivityFailure,
  condition,
  continueAsNew,
  isCancellation,
  patched,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { AttemptResult, WebhookActivities } from '../activities/webhook-delivery.ts';
import type { DeliveryQueue } from '../domain/webhooks.ts';
import { stepPolicies } from '../temporal.config.ts';
import { wake } from './messages/webhook.ts';

const { attemptDelivery } = proxyActivities<WebhookActivities>(stepPolicies.webhookAttempt);
const { deliverNext } = proxyActivities<WebhookActivities>(stepPolicies.webhooks);
const { giveUp } = proxyActivities<WebhookActivities>(stepPolicies.notes);

/**
 * Delivers one order's events to one webhook, one after the other, so that the receiver sees them in order. Nothing waits in a
 * worker's slot: who is to try a failing receiver waits here, by a timer; every other queue that has to wait ends, its events
 * stay pending in the database, and the relay starts it again when their time has come. So does the next event.
 */
export async function WebhookDelivery(queue: DeliveryQueue): Promise<void> {
  let woken = true;
  setHandler(wake, () => {
    woken = true;
  });
  // Queues that began under the former code go on under it, until they end: soon, for waiting ends them, too.
  const attempt = patched('webhook-waits-outside-slots') ? attemptDelivery : attemptAsBefore;
  while (woken) {
    woken = false;
    for (let result = await attempt(queue); !isOver(result); result = await attempt(queue)) {
      if (typeof result === 'object') await condition(() => woken, result.waitMs);
      if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof WebhookDelivery>(queue);
    }
  }
}

function isOver(result: AttemptResult): boolean {
  return result === 'idle' || result === 'parked';
}

async function attemptAsBefore(queue: DeliveryQueue): Promise<AttemptResult> {
  try {
    return await deliverNext(queue);
  } catch (failure) {
    if (!(failure instanceof ActivityFailure) || isCancellation(failure)) throw failure;
    await giveUp(queue);
    return 'dead';
  }
}
