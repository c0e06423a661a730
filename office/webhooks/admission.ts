import { IsolationLevel, raw, type EntityManager } from '@mikro-orm/postgresql';
import type { DeliveryQueue } from '../../domain/webhooks.ts';
import { kyselyOf } from '../../entities/database.ts';
import { WebhookDelivery } from '../../entities/webhook-delivery.entity.ts';
import type { Role } from '../../domain/party.ts';
import type { Orm } from '../../platform/orm.ts';

/** A queue whose workflow is to be signalled that it has something to deliver. */
export interface AdmittedQueue extends DeliveryQueue {
  readonly role: Role;
  readonly partyId: string;
}

/** Queues at work at once for a webhook, and for all webhooks of a party: its share of what the workers can do. */
export const QUEUES_OF_WEBHOOK = 10;
export const QUEUES_OF_PARTY = 20;

/** A queue at work whose rows do not change for so long is signalled again: its worker died, or its workflow was terminated. */
const SILENT_AFTER_SECONDS = 120;
/** A queue that could not be signalled (Temporal was away) is admitted again after this. */
const SIGNAL_AGAIN_SECONDS = 5;

/** So many due deliveries of a webhook are looked at: more would only be more of the same queues. */
const LOOKED_AT = 100;

/**
 * Chooses queues that are due, and notes them as signalled (column `told`). A party has at most its fair share of queues at
 * work, however many events it has and however slow its receivers are, and none of its webhooks is left out for another; parties
 * are served one after the other. Behind an open circuit breaker one queue at a time is chosen, the one that has the right to try: it waits for its
 * time. What was not chosen costs nothing but its rows. Returns `undefined` while another process chooses.
 */
export async function admitQueues(orm: Orm, limit: number): Promise<readonly AdmittedQueue[] | undefined> {
  const em = orm.em.fork();
  // Mostly nothing waits, and this is all that is asked.
  const pending = kyselyOf(em).selectFrom('WebhookDelivery').select('id').where('status', '=', 'pending');
  if (!(await pending.limit(1).executeTakeFirst())) return [];
  return em.transactional(async (tx) => {
    const [lock] = await tx.execute<{ ours: boolean }[]>(ONE_AT_A_TIME);
    if (!lock?.ours) return undefined;
    await tx.execute(RELEASE_SILENT);
    return tx.execute<AdmittedQueue[]>(CHOOSE, [limit]);
  }, SEES_WHAT_IS_COMMITTED);
}

/** Of several processes one chooses, so that together they admit no more than one would. */
const ONE_AT_A_TIME = `select pg_try_advisory_xact_lock(hashtextextended('lanes of webhooks are chosen', 0)) as ours`;

/** What is chosen behind the lock must see what the one before has chosen. */
const SEES_WHAT_IS_COMMITTED = { isolationLevel: IsolationLevel.READ_COMMITTED } as const;

/** Takes back the admission of a queue whose workflow could not be signalled; it is chosen again a little later. */
export async function readmitLater(em: EntityManager, { webhookId, orderId }: DeliveryQueue): Promise<void> {
  await em.nativeUpdate(
    WebhookDelivery,
    { webhookId, orderId, status: 'pending', signalled: true },
    { signalled: false, dueAt: raw(`now() + interval '${SIGNAL_AGAIN_SECONDS} seconds'`) },
  );
}

/**
 * Raw, for it joins what it updates. Queues whose workflows were signalled and did nothing since: all but those that wait for
 * their time to try a failing receiver.
 */
const RELEASE_SILENT = `
  update webhook_deliveries d set told = false from webhooks w
  where w.id = d.webhook_id and d.status = 'pending' and d.told
    and greatest(d.told_at, d.updated_at) < now() - interval '${SILENT_AFTER_SECONDS} seconds'
    and (w.prober is distinct from d.order_id or w.prober_until < now())`;

/**
 * Raw, for choosing and noting are one statement. `waiting` steps from webhook to webhook by the index, and of each only as many
 * deliveries are read as can be chosen: what else waits costs nothing here.
 */
const CHOOSE = `
  with recursive waiting as (
    (select webhook_id from webhook_deliveries where status = 'pending' and not told order by webhook_id limit 1)
    union all
    select (select webhook_id from webhook_deliveries d
      where d.status = 'pending' and not d.told and d.webhook_id > waiting.webhook_id order by d.webhook_id limit 1)
    from waiting where waiting.webhook_id is not null
  ),
  at_work as (
    select webhook_id, count(distinct order_id) as queues from webhook_deliveries where status = 'pending' and told
    group by webhook_id
  ),
  party_at_work as (
    select w.role, w.party_id, sum(queues) as queues from at_work join webhooks w on w.id = webhook_id
    group by w.role, w.party_id
  ),
  webhooks_with_room as (
    select w.id, w.role, w.party_id, coalesce(at_work.queues, 0) as queues, coalesce(party_at_work.queues, 0) as of_party,
      case when w.retry_at is null then ${QUEUES_OF_WEBHOOK} else 1 end as most,
      case when w.retry_at is not null and w.prober_until > now() then w.prober end as prober
    from waiting join webhooks w on w.id = waiting.webhook_id left join at_work on at_work.webhook_id = w.id
    left join party_at_work on party_at_work.role = w.role and party_at_work.party_id = w.party_id
    where w.disabled_at is null and (at_work.queues is null or coalesce(party_at_work.queues, 0) < ${QUEUES_OF_PARTY})
  ),
  due as (
    select w.id as webhook_id, w.role, w.party_id, of_party, queue.*, queues + row_number() over (partition by w.id order by due_at, queue.id)
      as place
    from webhooks_with_room w cross join lateral (
      select head.order_id, min(head.due_at) as due_at, min(head.id) as id from (
        select d.order_id, d.due_at, d.id from webhook_deliveries d
        where d.webhook_id = w.id and d.status = 'pending' and not d.told and d.due_at <= now()
          and d.order_id = coalesce(w.prober, d.order_id)
          and not exists (select from webhook_deliveries busy where busy.webhook_id = d.webhook_id
            and busy.order_id = d.order_id and busy.status = 'pending' and busy.told)
        order by d.due_at, d.id limit ${LOOKED_AT}
      ) head group by head.order_id order by due_at, id limit greatest(w.most - w.queues, 0)
    ) queue
  ),
  by_turn as (
    select due.*, of_party + row_number() over (partition by role, party_id order by place, due_at, id) as turn from due
  ),
  chosen as (
    select webhook_id, order_id, role, party_id from by_turn where place = 1 or turn <= ${QUEUES_OF_PARTY}
    order by turn, due_at, id limit ?
  ),
  signalled as (
    update webhook_deliveries d set told = true, told_at = now() from chosen
    where d.webhook_id = chosen.webhook_id and d.order_id = chosen.order_id and d.status = 'pending' and not d.told
    returning d.webhook_id, d.order_id, chosen.role, chosen.party_id
  )
  select distinct webhook_id as "webhookId", order_id as "orderId", role, party_id as "partyId" from signalled`;
