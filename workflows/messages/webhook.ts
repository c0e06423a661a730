import { defineSignal } from '@temporalio/workflow';
import type { DeliveryQueue } from '../../domain/webhooks.ts';

/** The name under which the worker registers the delivery of webhooks. */
export const WEBHOOK_WORKFLOW = 'WebhookDelivery';

/** There is something new to deliver. */
export const wake = defineSignal('wake');

/** One workflow a queue: that is what keeps an order's events in order. */
export function webhookWorkflowId({ webhookId, orderId }: DeliveryQueue): string {
  return `${webhookId}:${orderId}`;
}
