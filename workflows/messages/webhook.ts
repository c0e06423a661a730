import { defineSignal } from '@temporalio/workflow';

/** The name under which the worker registers the delivery of webhooks. */
export const WEBHOOK_WORKFLOW = 'WebhookDelivery';

/** One order's events for one webhook. */
export interface WebhookLane {
  readonly webhookId: string;
  readonly orderId: string;
}

/** There is something new to deliver. */
export const wake = defineSignal('wake');

/** One workflow a lane: that is what keeps an order's events in order. */
export function webhookWorkflowId({ webhookId, orderId }: WebhookLane): string {
  return `${webhookId}:${orderId}`;
}
