export { OrderWorkflow } from './order.ts';
export { WebhookDelivery } from './webhook-delivery.ts';
export { ReconciliationWorkflow } from './reconciliation.ts';
