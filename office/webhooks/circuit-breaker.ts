import type { EntityManager } from '@mikro-orm/postgresql';
import type { DeliveryQueue, DisabledReason } from '../../domain/webhooks.ts';

/*
 * How receivers that fail are treated. The database keeps the state, so that every worker knows it.
 */

/** So many failures in a row open a webhook's circuit breaker: one lost packet does not, a dead receiver soon does. */
export const BREAKER_FAILURES = 5;

/**
 * After so many days of nothing but failures a webhook is disabled, and a delivery that alone fails for so long is dead.
 * So few tries do not count: a webhook with an event a month has not failed for long after two.
 */
export const DAYS_OF_FAILURES = 3;
const LEAST_FAILURES_TO_DISABLE = 10;

/**
 * A failed delivery, and a receiver behind an open breaker, is tried again after as long as it has failed already: the waits
 * double by themselves. At least this long ...
 */
const LEAST_WAIT_SECONDS = 5;
/** ... and at most this: whoever comes back after a weekend has its events within half an hour. */
const MOST_WAIT_SECONDS = 30 * 60;

/** `Retry-After` is honoured up to this; who asks for more is asked again all the same. */
const MOST_RETRY_AFTER_MS = 60 * 60 * 1000;

/** A probe whose time is over by this much is given up, and another queue tries. */
const PROBE_GRACE_SECONDS = 60;

/** How an attempt failed. */
export interface AttemptFailure {
  readonly message: string;
  /** The receiver asked for this wait. */
  readonly retryAfterMs?: number;
  /** No further attempt can help: the webhook is disabled at once. */
  readonly disable?: DisabledReason;
}

/** How long to wait for something that fails since then, as SQL: the waits double, and differ a little so that they spread. */
export function waitSql(failingSince: string): string {
  return `least(greatest(now() - coalesce(${failingSince}, now()), interval '${LEAST_WAIT_SECONDS} seconds'),
    interval '${MOST_WAIT_SECONDS} seconds') * (1 + random() / 5)`;
}

/** Notes at the webhook that an attempt failed: that may open its breaker or disable it. Returns whether it is disabled now. */
export async function noteWebhookFailure(
  tx: EntityManager,
  { webhookId, orderId }: DeliveryQueue,
  failure: AttemptFailure,
): Promise<DisabledReason | undefined> {
  const { message, retryAfterMs, disable = null } = failure;
  const asked = retryAfterMs === undefined ? null : Math.min(retryAfterMs, MOST_RETRY_AFTER_MS);
  const [row] = await tx.execute<{ disabled_reason: DisabledReason | null }[]>(NOTE_FAILURE, [
    message,
    orderId,
    orderId,
    asked,
    asked,
    disable,
    disable,
    webhookId,
  ]);
  return row?.disabled_reason ?? undefined;
}

const FAILED_FOR_DAYS = `failures + 1 >= ${LEAST_FAILURES_TO_DISABLE}
  and failing_since < now() - interval '${DAYS_OF_FAILURES} days'`;

/** Attempts that began before the breaker opened may end after it: they make it no shorter. What is disabled stays as it is. */
const NOTE_FAILURE = `
  update webhooks set failures = failures + 1, failing_since = coalesce(failing_since, clock_timestamp()), last_error = ?,
    prober = case when prober = ? then null else prober end,
    prober_until = case when prober = ? then null else prober_until end,
    retry_at = case when failures + 1 >= ${BREAKER_FAILURES} or retry_at is not null or ?::bigint is not null then
      greatest(retry_at, now() + greatest(${waitSql('failing_since')}, ?::bigint * interval '1 millisecond')) end,
    disabled_at = coalesce(disabled_at, case when ?::text is not null or ${FAILED_FOR_DAYS} then now() end),
    disabled_reason = coalesce(disabled_reason, ?::text, case when ${FAILED_FOR_DAYS} then 'failing' end)
  where id = ? returning disabled_reason`;

/**
 * Takes the right to try a receiver behind an open breaker: one queue has it at a time. A queue that has it and does nothing
 * more loses it a minute after its time.
 */
export async function takeProbe(em: EntityManager, { webhookId, orderId }: DeliveryQueue): Promise<boolean> {
  const taken = await em.execute<object[]>(
    `update webhooks set prober = ?, prober_until = greatest(retry_at, now()) + interval '${PROBE_GRACE_SECONDS} seconds'
     where id = ? and retry_at is not null and (prober is null or prober = ? or prober_until < now()) returning id`,
    [orderId, webhookId, orderId],
  );
  return taken.length > 0;
}

/**
 * Enables a webhook again, or has a failing one tried at once: the breaker is closed, and everything that is pending is due
 * now. The workflows of its queues are signalled again, also those that wait.
 */
export async function enableWebhook(em: EntityManager, webhookId: string): Promise<void> {
  await em.transactional(async (tx) => {
    await tx.execute(
      `update webhooks set failures = 0, failing_since = null, last_error = null, retry_at = null, prober = null,
         prober_until = null, disabled_at = null, disabled_reason = null where id = ?`,
      [webhookId],
    );
    await tx.execute(
      `update webhook_deliveries set told = false, due_at = now(), failing_since = null
       where webhook_id = ? and status = 'pending' and (told or due_at > now() or failing_since is not null)`,
      [webhookId],
    );
  });
}
