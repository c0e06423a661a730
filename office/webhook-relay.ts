import type { EntityManager } from '@mikro-orm/postgresql';
import type { Orm } from '../platform/orm.ts';
import type { DeliveryLane } from './webhook-deliveries.ts';

const PAGE = 500;

/**
 * Reads settled events of the outbox on, for all webhooks, and queues a delivery for each webhook that wants one, in one
 * transaction with the reader’s place: each event is queued exactly once. One process reads at a time; the others find
 * the place locked and leave it to that one. Returns whether there may be more.
 */
export async function queueDeliveries(orm: Orm): Promise<boolean> {
  return orm.em.fork().transactional(async (tx) => {
    const [place] = await tx.execute<{ transaction: string; id: string }[]>(
      `select transaction_id::text as transaction, event_id::text as id from outbox_readers where name = 'webhooks'
       for update skip locked`,
    );
    if (!place) return false;
    const [page] = await tx.execute<PageRow[]>(PAGE_END, [place.transaction, place.id, PAGE]);
    if (!page || page.events === 0) return false;
    await tx.execute(QUEUE, [place.transaction, place.id, page.transaction, page.id]);
    await tx.execute(`update outbox_readers set transaction_id = ?::xid8, event_id = ? where name = 'webhooks'`, [
      page.transaction,
      page.id,
    ]);
    return page.events === PAGE;
  });
}

interface PageRow {
  events: number;
  transaction: string;
  id: string;
}

/** Where a page of settled events ends. */
const PAGE_END = `
  with page as (
    select transaction_id, id from order_events
    where (transaction_id, id) > (?::xid8, ?::bigint) and transaction_id < pg_snapshot_xmin(pg_current_snapshot())
    order by transaction_id, id limit ?
  )
  select (select count(*)::int from page) as events, transaction_id::text as transaction, id::text from page
  order by page.transaction_id desc, page.id desc limit 1`;

/** In the outbox’s order, so that the deliveries’ own ids keep it. */
const QUEUE = `
  insert into webhook_deliveries (webhook_id, event_id, order_id)
  select w.id, e.id, e.order_id from order_events e
  join orders o on o.id = e.order_id
  join webhooks w on w.role = 'operator' or (w.role = 'buyer' and w.party_id = o.buyer_id)
    or (w.role = 'seller' and w.party_id = o.seller_id) or (w.role = 'distributor' and w.party_id = o.distributor_id)
  where (e.transaction_id, e.id) > (?::xid8, ?::bigint) and (e.transaction_id, e.id) <= (?::xid8, ?::bigint)
    and (w.types is null or w.types @> to_jsonb(e.type))
  order by e.transaction_id, e.id
  on conflict (webhook_id, event_id) do nothing`;

/** The lanes with deliveries of which their workflow has not been told. */
export async function untoldLanes(em: EntityManager, limit: number): Promise<(DeliveryLane & { upTo: string })[]> {
  const rows = await em.execute<{ webhook_id: string; order_id: string; up_to: string }[]>(
    `select webhook_id, order_id, max(id)::text as up_to from webhook_deliveries where not told
     group by webhook_id, order_id limit ?`,
    [limit],
  );
  return rows.map((row) => ({ webhookId: row.webhook_id, orderId: row.order_id, upTo: row.up_to }));
}

/** Notes that a lane’s workflow knows of the deliveries up to that one. */
export async function noteTold(
  em: EntityManager,
  { webhookId, orderId, upTo }: DeliveryLane & { upTo: string },
): Promise<void> {
  await em.execute(
    'update webhook_deliveries set told = true where webhook_id = ? and order_id = ? and id <= ? and not told',
    [webhookId, orderId, upTo],
  );
}
