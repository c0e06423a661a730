import type { EntityManager } from '@mikro-orm/postgresql';
import type { Orm } from '../platform/orm.ts';
import type { DeliveryLane } from './webhook-deliveries.ts';
import { FORGOTTEN_AFTER_SECONDS, LANES_OF_PARTY, LANES_OF_WEBHOOK, TELL_AGAIN_SECONDS } from './webhook-rules.ts';

/** A lane that is to be told that it has something to deliver. */
export interface AdmittedLane extends DeliveryLane {
  readonly partyId: string;
}

/** One process chooses at a time: the key of PostgreSQL’s advisory lock. */
const CHOOSING = 0x7765_6268;
/** So many due deliveries of a webhook are looked at: more would only be more of the same lanes. */
const LOOKED_AT = 200;

/**
 * Chooses lanes that are due, and notes them as told. A party has at most its share of lanes at work, whatever it has to be
 * told and however slow its receivers are, and none of its webhooks is left out for another; parties come in turn. Behind an
 * open circuit breaker one lane at a time is chosen: it waits for the time to try. What was not chosen costs nothing but its
 * rows. Returns `undefined` while another process chooses.
 */
export async function admitLanes(orm: Orm, limit: number): Promise<readonly AdmittedLane[] | undefined> {
  return orm.em.fork().transactional(async (tx) => {
    const [lock] = await tx.execute<{ ours: boolean }[]>('select pg_try_advisory_xact_lock(?) as ours', [CHOOSING]);
    if (!lock?.ours) return undefined;
    await tx.execute(FIND_FORGOTTEN);
    const rows = await tx.execute<{ webhook_id: string; order_id: string; party_id: string }[]>(CHOOSE, [limit]);
    return rows.map((row) => ({ webhookId: row.webhook_id, orderId: row.order_id, partyId: row.party_id }));
  });
}

/** Takes back that a lane was told, for it could not be; it is chosen again a little later. */
export async function takeBack(em: EntityManager, { webhookId, orderId }: DeliveryLane): Promise<void> {
  await em.execute(
    `update webhook_deliveries set told = false, due_at = now() + interval '${TELL_AGAIN_SECONDS} seconds'
     where webhook_id = ? and order_id = ? and status = 'pending' and told`,
    [webhookId, orderId],
  );
}

/** Lanes that were told and have not been heard of: all but those that wait for their time to try a failing receiver. */
const FIND_FORGOTTEN = `
  update webhook_deliveries d set told = false from webhooks w
  where w.id = d.webhook_id and d.status = 'pending' and d.told
    and greatest(d.told_at, d.updated_at) < now() - interval '${FORGOTTEN_AFTER_SECONDS} seconds'
    and (w.prober is distinct from d.order_id or w.prober_until < now())`;

/** `waiting` steps from webhook to webhook by the index: what one of them has waiting is not read for it. */
const CHOOSE = `
  with recursive waiting as (
    (select webhook_id from webhook_deliveries where status = 'pending' and not told order by webhook_id limit 1)
    union all
    select (select webhook_id from webhook_deliveries d
      where d.status = 'pending' and not d.told and d.webhook_id > waiting.webhook_id order by d.webhook_id limit 1)
    from waiting where waiting.webhook_id is not null
  ),
  working as (
    select d.webhook_id, d.order_id, w.role, w.party_id from webhook_deliveries d join webhooks w on w.id = d.webhook_id
    where d.status = 'pending' and d.told group by d.webhook_id, d.order_id, w.role, w.party_id
  ),
  due as (
    select w.id as webhook_id, w.role, w.party_id, w.retry_at is not null as guarded, lane.*
    from waiting join webhooks w on w.id = waiting.webhook_id and w.disabled_at is null
    cross join lateral (
      select head.order_id, min(head.due_at) as due_at, min(head.id) as id from (
        select d.order_id, d.due_at, d.id from webhook_deliveries d
        where d.webhook_id = w.id and d.status = 'pending' and not d.told and d.due_at <= now()
        order by d.due_at, d.id limit ${LOOKED_AT}
      ) head
      where not exists (select from working where working.webhook_id = w.id and working.order_id = head.order_id)
      group by head.order_id
    ) lane
  ),
  in_webhook as (
    select due.*, row_number() over (partition by webhook_id order by due_at, id)
      + (select count(*) from working where working.webhook_id = due.webhook_id) as place from due
  ),
  in_party as (
    select in_webhook.*, row_number() over (partition by role, party_id order by place, due_at, id)
      + (select count(*) from working
         where working.role = in_webhook.role and working.party_id = in_webhook.party_id) as turn
    from in_webhook where place <= case when guarded then 1 else ${LANES_OF_WEBHOOK} end
  ),
  chosen as (
    select webhook_id, order_id, party_id from in_party where place = 1 or turn <= ${LANES_OF_PARTY}
    order by turn, due_at, id limit ?
  ),
  told as (
    update webhook_deliveries d set told = true, told_at = now() from chosen
    where d.webhook_id = chosen.webhook_id and d.order_id = chosen.order_id and d.status = 'pending' and not d.told
    returning d.webhook_id, d.order_id, chosen.party_id
  )
  select distinct webhook_id, order_id, party_id from told`;
