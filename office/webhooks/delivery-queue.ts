import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { DeliveryQueue, DisabledReason } from '../../domain/webhooks.ts';
import { mayKnowPersonal } from '../../domain/need-to-know.ts';
import { projectEvent } from '../../domain/need-to-know-events.ts';
import type { TimelineEvent } from '../../domain/timeline.ts';
import { kyselyOf, type Row } from '../../entities/database.ts';
import { eventOf } from '../orders/index.ts';
import { failedForDays, noteWebhookFailure, retryWait, takeProbe, type AttemptFailure } from './circuit-breaker.ts';

/** The oldest event of a queue that was not delivered yet, with all that sending it needs. */
export interface DueDelivery {
  readonly id: bigint;
  readonly url: string;
  /** Sealed for the party: the secret, and after a rotation the former one for a while. */
  readonly sealedSecrets: readonly string[];
  readonly orderId: string;
  /** As the webhook's party may know it, personal members still sealed; absent: it may not know of it. */
  readonly event?: TimelineEvent;
}

/**
 * What is next in a queue: deliver; wait for the time at which it may try a failing receiver; or nothing, for there is nothing,
 * or not now (`parked`: the relay starts it again when its time has come).
 */
export type QueueTask =
  | { readonly state: 'due'; readonly delivery: DueDelivery }
  | { readonly state: 'wait'; readonly waitMs: number }
  | { readonly state: 'idle' | 'parked' };

/** What is next in a queue. Behind an open breaker one queue at a time may try, when `mayProbe`; the others are parked. */
export async function nextInQueue(em: EntityManager, queue: DeliveryQueue, mayProbe: boolean): Promise<QueueTask> {
  const next = await kyselyOf(em)
    .selectFrom('DeliveryWithEvent')
    .selectAll()
    .where('webhookId', '=', queue.webhookId)
    .where('orderId', '=', queue.orderId)
    .where('status', '=', 'pending')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  if (!next) return { state: 'idle' };
  const { disabled, early, breakerOpen, waitMs } = next;
  const barred = disabled || early || (breakerOpen && !(mayProbe && (await takeProbe(em, queue))));
  if (barred) {
    await parkQueue(em, queue);
    return { state: 'parked' };
  }
  if (breakerOpen && waitMs > 0) return { state: 'wait', waitMs };
  return { state: 'due', delivery: deliveryIn(next) };
}

/** Leaves a queue to the relay, which starts it again when it is due: not before its oldest delivery is, for they go in order. */
async function parkQueue(em: EntityManager, { webhookId, orderId }: DeliveryQueue): Promise<void> {
  await kyselyOf(em)
    .updateTable('WebhookDelivery')
    .set({
      signalled: false,
      dueAt: sql`greatest(due_at, (select oldest.due_at from webhook_deliveries oldest where oldest.webhook_id = ${webhookId}
        and oldest.order_id = ${orderId} and oldest.status = 'pending' order by oldest.id limit 1))`,
    })
    .where('webhookId', '=', webhookId)
    .where('orderId', '=', orderId)
    .where('status', '=', 'pending')
    .execute();
}

/**
 * Notes that a delivery has arrived, and so that its receiver works. When that closes the breaker, what failed since the
 * receiver went away is due at once; what failed before, for a reason of its own, keeps its time.
 */
export async function noteDelivered(
  em: EntityManager,
  { webhookId }: DeliveryQueue,
  deliveryId: bigint,
): Promise<void> {
  await em.execute(NOTE_DELIVERED, [webhookId, webhookId, String(deliveryId)]);
}

/** Raw, for it is one record of two tables: nobody sees the delivery arrived and the breaker still open. */
const NOTE_DELIVERED = `
  with was as materialized (
    select id, failing_since, retry_at from webhooks
    where id = ? and disabled_at is null and (failures > 0 or retry_at is not null) for update
  ),
  healthy as (
    update webhooks set failures = 0, failing_since = null, last_error = null, retry_at = null, prober = null,
      prober_until = null from was where webhooks.id = was.id
  ),
  due_again as (
    update webhook_deliveries d set due_at = now() from was
    where was.retry_at is not null and d.webhook_id = ? and d.status = 'pending' and d.due_at > now()
      and d.failing_since >= was.failing_since
  )
  update webhook_deliveries set status = 'delivered', attempts = attempts + 1, last_error = null, failing_since = null,
    updated_at = now() where id = ?`;

/** What became of a delivery that failed: it waits with its queue, or was given up while its webhook works. */
export interface FailedDelivery {
  readonly status: 'parked' | 'dead';
  /** Set: its webhook is disabled. */
  readonly disabled?: DisabledReason;
}

/**
 * Notes that an attempt failed, at the delivery and at its webhook, and parks the queue. Where the whole webhook failed for as
 * long, it is the webhook that is disabled, and no delivery is given up. The clock is read, not the start of the transaction:
 * behind the lock on the webhook, no delivery fails before its webhook does.
 */
export async function noteFailed(
  em: EntityManager,
  queue: DeliveryQueue,
  deliveryId: bigint,
  failure: AttemptFailure,
): Promise<FailedDelivery> {
  return em.transactional(async (tx) => {
    const disabled = await noteWebhookFailure(tx, queue, failure);
    const failed = await kyselyOf(tx)
      .updateTable('WebhookDelivery')
      .set({
        attempts: sql`attempts + 1`,
        lastError: failure.message,
        failingSince: sql`coalesce(failing_since, clock_timestamp())`,
        updatedAt: sql`now()`,
        dueAt: sql`now() + ${retryWait}`,
        ...(!disabled && { status: sql<'pending' | 'dead'>`case when ${failedForDays} then 'dead' else status end` }),
      })
      .where('id', '=', deliveryId)
      .where('status', '=', 'pending')
      .returning('status')
      .executeTakeFirst();
    if (failed?.status === 'dead') return { status: 'dead', disabled };
    if (failed) await parkQueue(tx, queue);
    return { status: 'parked', disabled };
  });
}

/** Gives up the oldest pending delivery of a queue: it is shown as dead until somebody has it resent. */
export async function giveUpDelivery(em: EntityManager, { webhookId, orderId }: DeliveryQueue): Promise<void> {
  await kyselyOf(em)
    .updateTable('WebhookDelivery')
    .set({ status: 'dead', updatedAt: sql`now()` })
    .where('id', '=', (pending) =>
      pending
        .selectFrom('WebhookDelivery as oldest')
        .select('oldest.id')
        .where('oldest.webhookId', '=', webhookId)
        .where('oldest.orderId', '=', orderId)
        .where('oldest.status', '=', 'pending')
        .orderBy('oldest.id')
        .limit(1),
    )
    .execute();
}

function deliveryIn(row: Row<'DeliveryWithEvent'>): DueDelivery {
  const { id, url, orderId, secretSealed, formerSecretSealed: former } = row;
  const sealedSecrets = former === null ? [secretSealed] : [secretSealed, former];
  return { id, url, sealedSecrets, orderId, event: row.known ? shownIn(row) : undefined };
}

/** Projected when it is sent, not when it was queued: what is sent again much later shows no more than it then may. */
function shownIn(row: Row<'DeliveryWithEvent'>): TimelineEvent | undefined {
  const { role, buyerId: buyer, sellerId: seller, distributorId: distributor, endedAt } = row;
  const personal = mayKnowPersonal(role, endedAt?.toISOString(), new Date());
  return projectEvent(eventOf({ ...row, id: row.eventId }), {
    role,
    parties: { buyer, seller, distributor },
    personal,
  });
}
