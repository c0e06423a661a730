import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../../domain/ids.ts';
import { isEnded, type Stage } from '../../domain/order.ts';
import { kyselyOf, type Row } from '../../entities/database.ts';
import type { TimelineEvent } from '../../domain/timeline.ts';
import { type Scope, eventOf } from '../orders/index.ts';
import { markOf, type OutboxPlace } from './places.ts';

/** An event with its place and the parties whom it concerns. */
export interface OutboxEvent {
  readonly place: OutboxPlace;
  readonly orderId: OrderId;
  readonly parties: { readonly buyer: string; readonly seller: string; readonly distributor: string };
  /** The ids of the events from which on the order exists for its seller and for its distributor; absent: not yet. */
  readonly existsFrom: { readonly seller?: bigint; readonly distributor?: bigint };
  /** All that is on record of it; what a party may know of it, `projectEvent` says. */
  readonly event: TimelineEvent;
  /** RFC 3339; absent while the order was open when this was read. */
  readonly endedAt?: string;
  /** The order's stage when this was read. */
  readonly stage: Stage;
  /** The order had ended when this was read, and this was its last event. */
  readonly last: boolean;
}

export interface OutboxQuestion {
  /** Events with a greater id ... */
  readonly after: bigint;
  /** ... and at most this one, which must be settled (watermark.ts). */
  readonly upTo: bigint;
  readonly limit: number;
  /** Only this order's. */
  readonly orderId?: OrderId;
  /** Only of orders within this scope, from where on they exist for it. Default: all. */
  readonly scope?: Scope;
}

/** Reads events in the outbox's order, which is that of their ids. */
export async function readOutbox(em: EntityManager, question: OutboxQuestion): Promise<OutboxEvent[]> {
  const { after, upTo, limit, orderId, scope = { role: 'operator' } } = question;
  let query = kyselyOf(em).selectFrom('OutboxEvent').selectAll().where('id', '>', after).where('id', '<=', upTo);
  if (orderId !== undefined) query = query.where('orderId', '=', orderId);
  if (scope.role !== 'operator') query = query.where(`${scope.role}Id`, '=', scope.partyId);
  if (scope.role === 'seller') query = query.whereRef('sellerFrom', '<=', 'id');
  if (scope.role === 'distributor') query = query.whereRef('distributorFrom', '<=', 'id');
  return (await query.orderBy('id').limit(limit).execute()).map(outboxEventOf);
}

/** The stage of an order and the id of its last event, both of one moment; `undefined` when nothing is on record of it. */
export async function readOrderEnd(
  em: EntityManager,
  orderId: OrderId,
): Promise<{ ended: boolean; stage: Stage; lastEventId: bigint } | undefined> {
  const last = await kyselyOf(em)
    .selectFrom('OutboxEvent')
    .select(['id', 'stage'])
    .where('orderId', '=', orderId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last && { ended: isEnded(last.stage), stage: last.stage, lastEventId: last.id };
}

/** More are not counted: by then the exact number says nothing new. */
const COUNTED = 10_000;

/** How many committed events the reader for webhooks, and one that stands at `place`, have not read yet; at most 10,000 each. */
export async function readBacklog(em: EntityManager, place: bigint): Promise<{ streams: number; webhooks: number }> {
  // Raw, for both are counted in one snapshot, and no further than the bound.
  const [row] = await em.execute<{ streams: number; webhooks: number }[]>(
    `select (select count(*) from (select from order_events where id > ?::bigint limit ${COUNTED}) as unread)::int as streams,
       (select count(*) from (select from order_events where id > r.place limit ${COUNTED}) as unread)::int as webhooks
     from outbox_readers r where r.name = 'webhooks'`,
    [String(place)],
  );
  return row ?? { streams: 0, webhooks: COUNTED };
}

function outboxEventOf(row: Row<'OutboxEvent'>): OutboxEvent {
  const { id, orderId, buyerId, sellerId, distributorId, sellerFrom, distributorFrom, endedAt, stage, last } = row;
  return {
    place: { id, mark: markOf(row) },
    orderId,
    parties: { buyer: buyerId, seller: sellerId, distributor: distributorId },
    existsFrom: { seller: sellerFrom ?? undefined, distributor: distributorFrom ?? undefined },
    event: eventOf(row),
    endedAt: endedAt?.toISOString(),
    stage,
    last,
  };
}
