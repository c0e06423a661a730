import type { EntityManager } from '@mikro-orm/postgresql';
import { EVENT_CLAIMS, type TimelineEvent } from '../../domain/timeline.ts';
import { kyselyOf, type Row } from '../../entities/database.ts';

/** Reads the whole timeline of an order, oldest first. An order has some thirty events, so there are no pages. */
export async function readTimeline(em: EntityManager, orderId: string): Promise<TimelineEvent[]> {
  const rows = await kyselyOf(em)
    .selectFrom('OrderEvent')
    .select(['id', 'type', 'occurredAt', 'actor', 'recipient', 'body'])
    .where('orderId', '=', orderId)
    .orderBy('id')
    .execute();
  return rows.map(eventOf);
}

type EventColumns = Pick<Row<'OrderEvent'>, 'id' | 'type' | 'occurredAt' | 'actor' | 'recipient' | 'body'>;

/** A row of `order_events` with all that is on record; what a party may know of it, `projectEvent` says. */
export function eventOf({ id, type, occurredAt, actor, recipient, body }: EventColumns): TimelineEvent {
  const claims = EVENT_CLAIMS[type] ?? [];
  return { id: String(id), type, occurredAt: occurredAt.toISOString(), actor, recipient, body, claims };
}
