import { IsolationLevel, LockMode, type EntityManager } from '@mikro-orm/postgresql';
import { EXISTS_FROM } from '../../domain/need-to-know.ts';
import { seesType } from '../../domain/need-to-know-events.ts';
import { ROLES } from '../../domain/party.ts';
import { EVENT_TYPES } from '../../domain/timeline.ts';
import { OutboxReader } from '../../entities/outbox-reader.entity.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Orm } from '../../platform/orm.ts';
import type { Watermark } from '../outbox/index.ts';

const PAGE = 500;

/**
 * Reads settled events of the outbox on, for all webhooks, and queues a delivery for each webhook that wants one, in one
 * transaction with the reader's place: each event is queued exactly once. One process reads at a time; the others find
 * the place locked and leave it to that one. Returns whether there may be more.
 */
export async function queueDeliveries(orm: Orm, watermark: Watermark, logger: Logger): Promise<boolean> {
  const { settled } = await watermark.read();
  if (settled === undefined) return false;
  // A statement must see what was committed before it: the page lies within what was settled before this transaction.
  const isolation = { isolationLevel: IsolationLevel.READ_COMMITTED } as const;
  return orm.em.fork().transactional(async (tx) => {
    const reader = await lockReader(tx, logger);
    if (!reader || reader.place >= settled) return false;
    const [page] = await tx.execute<{ events: number; id: string | null }[]>(PAGE_END, [
      String(reader.place),
      String(settled),
      PAGE,
    ]);
    if (!page?.id) return false;
    await tx.execute(ENQUEUE, [String(reader.place), page.id, UNSEEN]);
    reader.place = BigInt(page.id);
    return page.events === PAGE;
  }, isolation);
}

/**
 * The reader, its row locked; `undefined` while another process reads. A place beyond the newest event came from
 * elsewhere, as with a table that was restored from another backup: it is reset, and rather read again than skipped.
 */
async function lockReader(tx: EntityManager, logger: Logger): Promise<OutboxReader | undefined> {
  const skipLocked = { lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE };
  const reader = await tx.findOne(OutboxReader, { name: 'webhooks' }, skipLocked);
  if (!reader) return undefined;
  // Raw, for the place is a function of the database, which its migration uses as well.
  const [reset] = await tx.execute<{ place: string }[]>(
    `update outbox_readers set place = webhooks_place_anew()
     where name = 'webhooks' and place > (select coalesce(max(id), 0) from order_events) returning place::text`,
  );
  if (!reset) return reader;
  logger.warn({ from: String(reader.place), to: reset.place }, "the webhooks' place in the outbox lay ahead of it");
  await tx.refresh(reader);
  return reader;
}

/** Where a page of settled events ends. Raw, for its rows stay in the database. */
const PAGE_END = `
  select count(*)::int as events, max(id)::text as id from (
    select id from order_events where id > ? and id <= ? order by id limit ?
  ) as page`;

/** Roles with the types of event that they may not know of, as an array of PostgreSQL. */
const UNSEEN = `{${ROLES.flatMap((role) =>
  EVENT_TYPES.filter((type) => !seesType(role, type)).map((type) => `${role}:${type}`),
).join(',')}}`;

/**
 * Raw, for no event passes through this process. In the outbox's order, so that the deliveries' own ids keep it. A party is told
 * of an event when its order existed for it (`EXISTS_FROM`).
 */
const ENQUEUE = `
  insert into webhook_deliveries (webhook_id, event_id, order_id)
  select w.id, e.id, e.order_id from order_events e
  join orders o on o.id = e.order_id
  join webhooks w on w.role = 'operator' or (w.role = 'buyer' and w.party_id = o.buyer_id)
    or (w.role = 'seller' and w.party_id = o.seller_id) or (w.role = 'distributor' and w.party_id = o.distributor_id)
  where e.id > ? and e.id <= ? and (w.types is null or w.types @> to_jsonb(e.type))
    and not (w.role || ':' || e.type) = any(?::text[])
    and (w.role in ('operator', 'buyer') or exists (select from order_events f where f.order_id = e.order_id and f.id <= e.id
      and f.key = case w.role when 'seller' then '${EXISTS_FROM.seller}' else '${EXISTS_FROM.distributor}' end))
  order by e.id
  on conflict (webhook_id, event_id) do nothing`;
