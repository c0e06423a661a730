import { createHash } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { isEnded, STAGES, type Stage } from '../../domain/stages.ts';
import type { Scope } from '../orders/reading.ts';
import { eventOf, type EventRow, type TimelineEvent } from '../orders/timeline.ts';

/**
 * A place in the outbox: an event's id, and a mark of what that event says. After a restore another event may bear the same id;
 * the mark tells them apart.
 */
export interface OutboxPlace {
  readonly id: bigint;
  readonly mark: string;
}

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

/** Before everything that was ever written. */
export const OUTBOX_START = 0n;

export interface OutboxQuestion {
  /** Events with a greater id … */
  readonly after: bigint;
  /** … and at most this one, which must be settled (outbox-settling.ts). */
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

/** The place of an event; that of the start when there is no such event. */
export async function placeOfEvent(em: EntityManager, id: bigint): Promise<OutboxPlace> {
  const [row] = await em.execute<MarkedRow[]>('select order_id, type, occurred_at from order_events where id = ?', [
    String(id),
  ]);
  return row ? { id, mark: markOf(row) } : { id: OUTBOX_START, mark: '' };
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

interface MarkedRow {
  order_id: string;
  type: string;
  occurred_at: string | Date;
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

/** Of what an event keeps for good, whoever reads it. */
export function markOf({ order_id, type, occurred_at }: MarkedRow): string {
  const said = [order_id, type, new Date(occurred_at).toISOString()].join('\n');
  return createHash('sha256').update(said).digest('hex').slice(0, 8);
}
