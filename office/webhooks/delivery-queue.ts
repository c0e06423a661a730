import type { EntityManager } from '@mikro-orm/postgresql';
import type { DeliveryQueue, DeliveryStatus, DisabledReason } from '../../domain/webhooks.ts';
import { eventOf, type EventRow, type TimelineEvent } from '../orders/timeline.ts';
import { DAYS_OF_FAILURES, noteWebhookFailure, takeProbe, waitSql, type AttemptFailure } from './circuit-breaker.ts';

/** The oldest event of a queue that was not delivered yet, with all that sending it needs. */
export interface DueDelivery {
  readonly id: string;
  readonly url: string;
  /** Sealed for the party: the secret, and after a rotation the former one for a while. */
  readonly sealedSecrets: readonly string[];
  readonly orderId: string;
  readonly event: TimelineEvent;
}

/**
 * What is next in a queue: deliver; wait for the time at which it may try a failing receiver; or nothing, for there is nothing,
 * or not now (`parked`: the relay starts it again when its time has come).
 */
export type QueueTask =
  | { readonly state: 'due'; readonly delivery: DueDelivery }
  | { readonly state: 'wait'; readonly waitMs: number }
  | { readonly state: 'idle' | 'parked' };

interface DueRow extends EventRow {
  delivery_id: string;
  order_id: string;
  url: string;
  secret_sealed: string;
  former_secret_sealed: string | null;
  due_at: string;
  early: boolean;
  disabled: boolean;
  guarded: boolean;
  wait_ms: number;
}

/** What is next in a queue. Behind an open breaker one queue at a time may try, when `mayProbe`; the others are parked. */
export async function nextInQueue(em: EntityManager, queue: DeliveryQueue, mayProbe: boolean): Promise<QueueTask> {
  const [row] = await em.execute<DueRow[]>(NEXT, [queue.webhookId, queue.orderId]);
  if (!row) return { state: 'idle' };
  const barred = row.disabled || row.early || (row.guarded && !(mayProbe && (await takeProbe(em, queue))));
  if (barred) {
    await parkQueue(em, queue, row.due_at);
    return { state: 'parked' };
  }
  if (row.guarded && row.wait_ms > 0) return { state: 'wait', waitMs: row.wait_ms };
  return { state: 'due', delivery: deliveryIn(row) };
}

const NEXT = `
  select d.id::text as delivery_id, d.order_id, d.due_at::text, d.due_at > now() as early, w.url, w.secret_sealed,
    case when w.former_secret_until > now() then w.former_secret_sealed end as former_secret_sealed,
    w.disabled_at is not null as disabled, w.retry_at is not null as guarded,
    ceil(coalesce(extract(epoch from w.retry_at - now()), 0) * 1000)::int as wait_ms,
    e.id::text, e.type, e.occurred_at, e.actor, e.recipient, e.body
  from webhook_deliveries d join webhooks w on w.id = d.webhook_id join order_events e on e.id = d.event_id
  where d.webhook_id = ? and d.order_id = ? and d.status = 'pending' order by d.id limit 1`;

/** Leaves a queue to the relay, which starts it again when it is due: not before its oldest delivery is, for they go in order. */
async function parkQueue(em: EntityManager, { webhookId, orderId }: DeliveryQueue, dueAt: string): Promise<void> {
  await em.execute(
    `update webhook_deliveries set told = false, due_at = greatest(due_at, ?::timestamptz)
     where webhook_id = ? and order_id = ? and status = 'pending'`,
    [dueAt, webhookId, orderId],
  );
}

/**
 * Notes that a delivery has arrived, and so that its receiver works. When that closes the breaker, what failed since the
 * receiver went away is due at once; what failed before, for a reason of its own, keeps its time.
 */
export async function noteDelivered(
  em: EntityManager,
  { webhookId }: DeliveryQueue,
  deliveryId: string,
): Promise<void> {
  await em.execute(NOTE_DELIVERED, [webhookId, webhookId, deliveryId]);
}

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

/** Notes that an attempt failed, at the delivery and at its webhook, and parks the queue. */
export async function noteFailed(
  em: EntityManager,
  queue: DeliveryQueue,
  deliveryId: string,
  failure: AttemptFailure,
): Promise<FailedDelivery> {
  return em.transactional(async (tx) => {
    const disabled = await noteWebhookFailure(tx, queue, failure);
    const [row] = await tx.execute<{ status: DeliveryStatus; due_at: string }[]>(NOTE_FAILED, [
      failure.message,
      disabled !== undefined,
      deliveryId,
    ]);
    if (row?.status === 'dead') return { status: 'dead', disabled };
    if (row) await parkQueue(tx, queue, row.due_at);
    return { status: 'parked', disabled };
  });
}

/**
 * Where the whole webhook failed for as long, it is the webhook that is disabled, and no delivery is given up. The clock is
 * read, not the start of the transaction: behind the lock on the webhook, no delivery fails before its webhook does.
 */
const NOTE_FAILED = `
  update webhook_deliveries set attempts = attempts + 1, last_error = ?, failing_since = coalesce(failing_since, clock_timestamp()),
    updated_at = now(), due_at = now() + ${waitSql('failing_since')},
    status = case when not ?::boolean and failing_since < now() - interval '${DAYS_OF_FAILURES} days' then 'dead'
      else status end
  where id = ? and status = 'pending' returning status, due_at::text`;

/** Gives up the oldest pending delivery of a queue: it is shown as dead until somebody has it resent. */
export async function giveUpDelivery(em: EntityManager, queue: DeliveryQueue): Promise<void> {
  await em.execute(
    `update webhook_deliveries set status = 'dead', updated_at = now() where id = (select id from webhook_deliveries
       where webhook_id = ? and order_id = ? and status = 'pending' order by id limit 1)`,
    [queue.webhookId, queue.orderId],
  );
}

function deliveryIn(row: DueRow): DueDelivery {
  const { delivery_id: id, order_id: orderId, url, secret_sealed: secret, former_secret_sealed: former } = row;
  return { id, url, sealedSecrets: former === null ? [secret] : [secret, former], orderId, event: eventOf(row) };
}
