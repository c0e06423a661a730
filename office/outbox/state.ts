import type { EntityManager } from '@mikro-orm/postgresql';

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
