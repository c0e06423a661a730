import type { EntityManager } from '@mikro-orm/postgresql';
import { isEnded, STAGES, type Stage } from '../../domain/stages.ts';
import type { Scope } from '../orders/reading.ts';
import { eventOf, type EventRow, type TimelineEvent } from '../orders/timeline.ts';
import { markOf, type OutboxPlace } from './places.ts';

/** An event with its place and the parties whom it concerns. */
export interface OutboxEvent {
  readonly place: OutboxPlace;
  readonly orderId: string;
  readonly parties: { readonly buyer: string; readonly seller: string; readonly distributor: string };
  readonly event: TimelineEvent;
  /** The order's stage when this was read. */
  readonly stage: Stage;
  /** The order had ended when this was read, and this was its last event. */
  readonly last: boolean;
}

export interface OutboxQuestion {
  /** Events with a greater id … */
  readonly after: bigint;
  /** … and at most this one, which must be settled (watermark.ts). */
  readonly upTo: bigint;
  readonly limit: number;
  /** Only this order's. */
  readonly orderId?: string;
  /** Only of orders within this scope. Default: all. */
  readonly scope?: Scope;
}

const ENDED = STAGES.filter(isEnded)
  .map((stage) => `'${stage}'`)
  .join(', ');

/** Reads events in the outbox's order, which is that of their ids. */
export async function readOutbox(em: EntityManager, question: OutboxQuestion): Promise<OutboxEvent[]> {
  const { after, upTo, limit, orderId, scope = { role: 'operator' } } = question;
  const conditions = ['e.id > ?', 'e.id <= ?'];
  const values: (string | number)[] = [String(after), String(upTo)];
  if (orderId !== undefined) {
    conditions.push('e.order_id = ?');
    values.push(orderId);
  }
  if (scope.role !== 'operator') {
    conditions.push(`o.${scope.role}_id = ?`);
    values.push(scope.partyId);
  }
  const rows = await em.execute<OutboxRow[]>(
    `select e.id::text, e.order_id, e.type, e.occurred_at, e.actor, e.recipient, e.body,
       o.buyer_id, o.seller_id, o.distributor_id, o.stage, o.stage in (${ENDED})
         and not exists (select from order_events l where l.order_id = e.order_id and l.id > e.id) as last
     from order_events e join orders o on o.id = e.order_id
     where ${conditions.join(' and ')} order by e.id limit ?`,
    [...values, limit],
  );
  return rows.map(outboxEventOf);
}

/** The stage of an order and the id of its last event, both of one moment. */
export async function readOrderEnd(
  em: EntityManager,
  orderId: string,
): Promise<{ ended: boolean; stage: Stage; lastEventId: bigint } | undefined> {
  const [row] = await em.execute<{ stage: Stage; last: string }[]>(
    `select stage, (select coalesce(max(id), 0) from order_events where order_id = o.id)::text as last
     from orders o where id = ?`,
    [orderId],
  );
  return row && { ended: isEnded(row.stage), stage: row.stage, lastEventId: BigInt(row.last) };
}

/** More are not counted: by then the exact number says nothing new. */
const COUNTED = 10_000;

/** How many committed events the reader for webhooks, and one that stands at `place`, have not read yet; at most 10,000 each. */
export async function readBacklog(em: EntityManager, place: bigint): Promise<{ streams: number; webhooks: number }> {
  const [row] = await em.execute<{ streams: number; webhooks: number }[]>(
    `select (select count(*) from (select from order_events where id > ?::bigint limit ${COUNTED}) as unread)::int as streams,
       (select count(*) from (select from order_events where id > r.place limit ${COUNTED}) as unread)::int as webhooks
     from outbox_readers r where r.name = 'webhooks'`,
    [String(place)],
  );
  return row ?? { streams: 0, webhooks: COUNTED };
}

interface OutboxRow extends EventRow {
  order_id: string;
  buyer_id: string;
  seller_id: string;
  distributor_id: string;
  stage: Stage;
  last: boolean;
}

function outboxEventOf(row: OutboxRow): OutboxEvent {
  return {
    place: { id: BigInt(row.id), mark: markOf(row) },
    orderId: row.order_id,
    parties: { buyer: row.buyer_id, seller: row.seller_id, distributor: row.distributor_id },
    event: eventOf(row),
    stage: row.stage,
    last: row.last,
  };
}
