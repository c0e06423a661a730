/* The door of the webhooks: their registrations, delivery queues, and the breaker of each receiver. */

export { admitQueues, readmitLater, type AdmittedQueue } from './admission.ts';
export { enableWebhook, type AttemptFailure } from './circuit-breaker.ts';
export { listDeliveries, requeueDelivery } from './deliveries.ts';
export { giveUpDelivery, nextInQueue, noteDelivered, noteFailed, type DueDelivery } from './delivery-queue.ts';
export { queueDeliveries } from './enqueue.ts';
export {
  MAX_WEBHOOKS,
  createWebhook,
  deleteWebhook,
  listWebhooks,
  readWebhook,
  readWebhookBacklog,
  rotateSecret,
  type WebhookBacklog,
  type WebhookPlace,
  type WebhookView,
} from './webhooks.ts';
