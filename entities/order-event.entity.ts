import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { EventType } from '../domain/timeline.ts';

/**
 * What happened to an order, when, by whom, to whom: the timeline, the parties' inbox and the outbox of SSE and webhooks.
 * Append-only; `key` makes every event happen once. `body` holds no personal data in plain text.
 */
export const OrderEvent = defineEntity({
  name: 'OrderEvent',
  tableName: 'order_events',
  uniques: [{ name: 'order_events_key_unique', properties: ['orderId', 'key'] }],
  indexes: [
    { name: 'order_events_order_index', properties: ['orderId', 'id'] },
    { name: 'order_events_outbox_index', properties: ['transactionId', 'id'] },
    // Events lie on disk nearly in the order of their times: a block range index finds those of a period at next to no cost.
    {
      name: 'order_events_time_index',
      expression: `create index "order_events_time_index" on "order_events" using brin ("occurred_at")`,
    },
    {
      name: 'order_events_endings_index',
      expression: `create index "order_events_endings_index" on "order_events" ("occurred_at") where type in ('order_completed', 'order_declined', 'order_rejected', 'order_expired', 'order_cancelled', 'order_refunded')`,
    },
  ],
  properties: {
    id: p.bigint('bigint').primary().autoincrement(),
    orderId: p.text(),
    key: p.text(),
    type: p.text().$type<EventType>(),
    /** Who did it: a party id, or `service`. */
    actor: p.text(),
    /** To whom it was sent, where it was sent to somebody. */
    recipient: p.text().nullable(),
    body: p.json<Record<string, unknown>>().columnType('jsonb'),
    occurredAt: p.datetime().columnType('timestamptz').defaultRaw('now()'),
    /** Of the outbox's former order: for processes of the former release, and the `Last-Event-ID`s that they gave out. */
    transactionId: p.bigint('string').columnType('xid8').defaultRaw('pg_current_xact_id()'),
  },
});
export type OrderEvent = InferEntity<typeof OrderEvent>;
