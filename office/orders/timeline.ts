import type { EntityManager } from '@mikro-orm/postgresql';
import { EVENT_CLAIMS, type EventType } from '../../domain/timeline.ts';

/** One event of an order's timeline: what happened, when, by whom, to whom. */
export interface TimelineEvent {
  /** Grows in the order of recording. */
  readonly id: string;
  readonly type: EventType;
  /** RFC 3339. */
  readonly occurredAt: string;
  /** A party id, or `service`. */
  readonly actor: string;
  readonly recipient: string | null;
  readonly body: Record<string, unknown>;
  /** The claims that this event shows. */
  readonly claims: readonly number[];
}

/** Reads the whole timeline of an order, oldest first. An order has some thirty events, so there are no pages. */
export async function readTimeline(em: EntityManager, orderId: string): Promise<TimelineEvent[]> {
  const rows = await em.execute<EventRow[]>(
    `select id::text, type, occurred_at, actor, recipient, body from order_events e where e.order_id = ? order by e.id`,
    [orderId],
  );
  return rows.map(eventOf);
}

export interface EventRow {
  id: string;
  type: EventType;
  occurred_at: string | Date;
  actor: string;
  recipient: string | null;
  body: Record<string, unknown>;
}

/** Prints a row of `order_events` as its parties read it. */
export function eventOf(row: EventRow): TimelineEvent {
  return {
    id: row.id,
    type: row.type,
    occurredAt: new Date(row.occurred_at).toISOString(),
    actor: row.actor,
    recipient: row.recipient,
    body: row.body,
    claims: EVENT_CLAIMS[row.type] ?? [],
  };
}
