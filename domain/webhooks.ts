/** One order's events on their way to one webhook: delivered one after the other, by one workflow. */
export interface DeliveryQueue {
  readonly webhookId: string;
  readonly orderId: string;
}

/** `failing`: the last attempt failed, and none has succeeded since. `disabled`: nothing is sent until it is enabled again. */
export const WEBHOOK_STATUSES = ['active', 'failing', 'disabled'] as const;
export type WebhookStatus = (typeof WEBHOOK_STATUSES)[number];

/** `dead`: given up, until somebody has it resent. */
export const DELIVERY_STATUSES = ['pending', 'delivered', 'dead'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/**
 * Why a webhook is disabled: its receiver answered 410, it failed for days, its address leads inside, or its party was forgotten
 * and took the secret along.
 */
export const DISABLED_REASONS = ['gone', 'failing', 'forbidden_target', 'party_forgotten'] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];
