import type { EntityManager } from '@mikro-orm/postgresql';
import { EVENT_CLAIMS, type EventType } from '../../domain/timeline.ts';
import { kyselyOf, type Row } from '../../entities/database.ts';

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
  const rows = await kyselyOf(em)
    .selectFrom('OrderEvent')
    .select(['id', 'type', 'occurredAt', 'actor', 'recipient', 'body'])
    .where('orderId', '=', orderId)
    .orderBy('id')
    .execute();
  return rows.map(eventOf);
}

type EventColumns = Pick<Row<'OrderEvent'>, 'id' | 'type' | 'occurredAt' | 'actor' | 'recipient' | 'body'>;

/** Prints a row of `order_events` as its parties read it. */
export function eventOf({ id, type, occurredAt, actor, recipient, body }: EventColumns): TimelineEvent {
  const claims = EVENT_CLAIMS[type] ?? [];
  return { id: String(id), type, occurredAt: occurredAt.toISOString(), actor, recipient, body, claims };
}
