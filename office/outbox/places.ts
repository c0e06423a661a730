import { createHash } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import { kyselyOf, type Row } from '../../entities/database.ts';

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
const FORMER_OVERLAP = 10_000n;

/** The place of an event; that of the start when there is no such event. */
export async function placeOfEvent(em: EntityManager, id: bigint): Promise<OutboxPlace> {
  const event = await findEvent(em, id);
  return event ? { id, mark: markOf(event) } : { id: OUTBOX_START, mark: '' };
}

/**
 * The id after which a client goes on; `undefined` when its place is none of this database's history (another installation, a
 * restored backup), so that nobody can say what the client has seen.
 */
export async function recognisePlace(em: EntityManager, place: RememberedPlace): Promise<bigint | undefined> {
  if (place.id === OUTBOX_START) return OUTBOX_START;
  const event = await findEvent(em, place.id);
  if (!event || 'start' in place) return undefined;
  if ('mark' in place) return markOf(event) === place.mark ? place.id : undefined;
  return BigInt(event.transactionId) === place.transaction ? afterFormer(em, place) : undefined;
}

/** The former order was that of transactions: an event with a smaller id may have stood behind the place. It is sent again. */
async function afterFormer(
  em: EntityManager,
  { id, transaction }: { id: bigint; transaction: bigint },
): Promise<bigint> {
  const unseen = await kyselyOf(em)
    .selectFrom('OrderEvent')
    .select('id')
    .where('id', '>', id - FORMER_OVERLAP)
    .where('id', '<', id)
    .where('transactionId', '>', String(transaction))
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return unseen ? unseen.id - 1n : id;
}

function findEvent(em: EntityManager, id: bigint) {
  return kyselyOf(em)
    .selectFrom('OrderEvent')
    .select(['orderId', 'type', 'occurredAt', 'transactionId'])
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Of what an event keeps permanently, whoever reads it. */
export function markOf({
  orderId,
  type,
  occurredAt,
}: Pick<Row<'OutboxEvent'>, 'type' | 'occurredAt'> & { orderId: string }): string {
  const said = [orderId, type, occurredAt.toISOString()].join('\n');
  return createHash('sha256').update(said).digest('hex').slice(0, 8);
}
