import { createHash } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';

/**
 * A place in the outbox: an event's id, and a mark of what that event says. After a restore another event may bear the same id;
 * the mark tells them apart.
 */
export interface OutboxPlace {
  readonly id: bigint;
  readonly mark: string;
}

/** Before everything that was ever written. */
export const OUTBOX_START = 0n;

/** A place as a client remembers it: with the mark of its event, or in the former form with the event's transaction. */
export type RememberedPlace = { readonly id: bigint } & (
  | { readonly mark: string }
  | { readonly transaction: bigint }
  | { readonly start: true }
);

/**
 * How far a former place may lie behind another event that its client had not seen: transactions that ran at the same time
 * gave out these ids side by side.
 */
const FORMER_OVERLAP = 10_000;

/**
 * The id after which a client goes on; `undefined` when its place is none of this database's history (another installation, a
 * restored backup), so that nobody can say what the client has seen.
 */
export async function recognisePlace(em: EntityManager, place: RememberedPlace): Promise<bigint | undefined> {
  if (place.id === OUTBOX_START) return OUTBOX_START;
  const [row] = await em.execute<PlaceRow[]>(
    `select order_id, type, occurred_at, transaction_id::text as transaction from order_events where id = ?`,
    [String(place.id)],
  );
  if (!row || 'start' in place) return undefined;
  if ('mark' in place) return markOf(row) === place.mark ? place.id : undefined;
  return BigInt(row.transaction) === place.transaction ? afterFormer(em, place) : undefined;
}

interface PlaceRow {
  order_id: string;
  type: string;
  occurred_at: string | Date;
  transaction: string;
}

/** The former order was that of transactions: an event with a smaller id may have stood behind the place. It is sent again. */
async function afterFormer(
  em: EntityManager,
  { id, transaction }: { id: bigint; transaction: bigint },
): Promise<bigint> {
  const [row] = await em.execute<{ unseen: string | null }[]>(
    `select min(id)::text as unseen from order_events where id > ? and id < ? and transaction_id > ?::xid8`,
    [String(id - BigInt(FORMER_OVERLAP)), String(id), String(transaction)],
  );
  return row?.unseen ? BigInt(row.unseen) - 1n : id;
}

/** The place of an event; that of the start when there is no such event. */
export async function placeOfEvent(em: EntityManager, id: bigint): Promise<OutboxPlace> {
  const [row] = await em.execute<MarkedRow[]>('select order_id, type, occurred_at from order_events where id = ?', [
    String(id),
  ]);
  return row ? { id, mark: markOf(row) } : { id: OUTBOX_START, mark: '' };
}

interface MarkedRow {
  order_id: string;
  type: string;
  occurred_at: string | Date;
}

/** Of what an event keeps for good, whoever reads it. */
export function markOf({ order_id, type, occurred_at }: MarkedRow): string {
  const said = [order_id, type, new Date(occurred_at).toISOString()].join('\n');
  return createHash('sha256').update(said).digest('hex').slice(0, 8);
}
