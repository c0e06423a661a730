import type { EntityManager } from '@mikro-orm/postgresql';
import type { Scope } from './reading.ts';
import { eventOf, type EventRow, type TimelineEvent } from './timeline.ts';

/** A place in the outbox: the transaction that wrote the event (64 bits), then the event’s own id. */
export interface OutboxPlace {
  readonly transaction: bigint;
  readonly id: bigint;
}

/** An event with its place and the parties whom it concerns. */
export interface OutboxEvent {
  readonly place: OutboxPlace;
  readonly orderId: string;
  readonly parties: { readonly buyer: string; readonly seller: string; readonly distributor: string };
  readonly event: TimelineEvent;
}

/** Before everything that was ever written. */
export const OUTBOX_START: OutboxPlace = { transaction: 0n, id: 0n };

export interface OutboxQuestion {
  /** Events strictly after this place. */
  readonly after: OutboxPlace;
  readonly limit: number;
  /** Only this order’s. */
  readonly orderId?: string;
  /** Only of orders within this scope. Default: all. */
  readonly scope?: Scope;
}

/**
 * Reads settled events in the outbox’s order. An event is settled when every transaction that is older than its own has
 * ended: from then on nothing can appear before it, so a reader that remembers its place never misses one.
 */
export async function readOutbox(em: EntityManager, question: OutboxQuestion): Promise<OutboxEvent[]> {
  const { after, limit, orderId, scope = { role: 'operator' } } = question;
  const conditions = [
    '(e.transaction_id, e.id) > (?::xid8, ?::bigint)',
    'e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())',
  ];
  const values: (string | number)[] = [String(after.transaction), String(after.id)];
  if (orderId !== undefined) {
    conditions.push('e.order_id = ?');
    values.push(orderId);
  }
  if (scope.role !== 'operator') {
    conditions.push(`o.${scope.role}_id = ?`);
    values.push(scope.partyId);
  }
  const rows = await em.execute<OutboxRow[]>(
    `select e.transaction_id::text as transaction, e.id::text, e.order_id, e.type, e.occurred_at, e.actor, e.recipient, e.body,
       o.buyer_id, o.seller_id, o.distributor_id
     from order_events e join orders o on o.id = e.order_id
     where ${conditions.join(' and ')} order by e.transaction_id, e.id limit ?`,
    [...values, limit],
  );
  return rows.map(outboxEventOf);
}

/** The place after which everything is still to come, and whether committed events wait to be settled. */
export async function outboxHead(em: EntityManager): Promise<{ place: OutboxPlace; unsettled: boolean }> {
  const [row] = await em.execute<{ settled: string; unsettled: boolean }[]>(
    `with now as (select pg_snapshot_xmin(pg_current_snapshot()) as settled)
     select settled::text, exists (select 1 from order_events where transaction_id >= settled) as unsettled from now`,
  );
  if (!row) throw new Error('a query without a table has one row');
  return { place: { transaction: BigInt(row.settled), id: 0n }, unsettled: row.unsettled };
}

export function isAfter(one: OutboxPlace, other: OutboxPlace): boolean {
  return one.transaction > other.transaction || (one.transaction === other.transaction && one.id > other.id);
}

interface OutboxRow extends EventRow {
  transaction: string;
  order_id: string;
  buyer_id: string;
  seller_id: string;
  distributor_id: string;
}

function outboxEventOf(row: OutboxRow): OutboxEvent {
  return {
    place: { transaction: BigInt(row.transaction), id: BigInt(row.id) },
    orderId: row.order_id,
    parties: { buyer: row.buyer_id, seller: row.seller_id, distributor: row.distributor_id },
    event: eventOf(row),
  };
}
