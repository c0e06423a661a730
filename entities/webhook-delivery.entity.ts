import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import { DELIVERY_STATUSES } from '../domain/webhooks.ts';
import { Webhook } from './webhook.entity.ts';

/** One event on its way to one webhook. `signalled`: the workflow that delivers it knows of it, since `signalledAt`. */
export const WebhookDelivery = defineEntity({
  name: 'WebhookDelivery',
  tableName: 'webhook_deliveries',
  uniques: [{ name: 'webhook_deliveries_event_unique', properties: ['webhookId', 'eventId'] }],
  indexes: [
    {
      name: 'webhook_deliveries_pending_index',
      expression: `create index "webhook_deliveries_pending_index" on "webhook_deliveries" ("webhook_id", "order_id", "id") where status = 'pending'`,
    },
    {
      name: 'webhook_deliveries_waiting_index',
      expression: `create index "webhook_deliveries_waiting_index" on "webhook_deliveries" ("webhook_id", "due_at", "id") where status = 'pending' and not told`,
    },
    {
      name: 'webhook_deliveries_told_index',
      expression: `create index "webhook_deliveries_told_index" on "webhook_deliveries" ("webhook_id", "order_id") where status = 'pending' and told`,
    },
  ],
  properties: {
    id: p.bigint('bigint').primary().autoincrement(),
    webhookId: () =>
      p.manyToOne(Webhook).mapToPk().fieldName('webhook_id').deleteRule('cascade').updateRule('restrict'),
    eventId: p.bigint('bigint'),
    orderId: p.text(),
    status: p.enum(DELIVERY_STATUSES).default('pending'),
    signalled: p.boolean().fieldName('told').default(false),
    attempts: p.integer().default(0),
    lastError: p.text().nullable(),
    createdAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
    updatedAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
    /** Not to be tried before. */
    dueAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
    failingSince: p.datetime().columnType('timestamptz').nullable(),
    signalledAt: p.datetime().fieldName('told_at').columnType('timestamptz').nullable(),
  },
});
export type WebhookDelivery = InferEntity<typeof WebhookDelivery>;
