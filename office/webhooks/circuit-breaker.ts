import { raw, type EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { DeliveryQueue, DisabledReason } from '../../domain/webhooks.ts';
import { kyselyOf } from '../../entities/database.ts';
import { WebhookDelivery } from '../../entities/webhook-delivery.entity.ts';
import { Webhook } from '../../entities/webhook.entity.ts';

/*
 * How receivers that fail are treated. The database keeps the state, so that every worker knows it.
 */

/** So many failures in a row open a webhook's circuit breaker: one lost packet does not, a dead receiver soon does. */
export const BREAKER_FAILURES = 5;

/**
 * After so many days of nothing but failures a webhook is disabled, and a delivery that alone fails for so long is dead.
 * So few tries do not count: a webhook with an event a month has not failed for long after two.
 */
const DAYS_OF_FAILURES = 3;
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

/** How long to wait for what fails since its `failing_since`: the waits double, and differ a little so that they spread. */
export const retryWait = sql<string>`least(
  greatest(now() - coalesce(failing_since, now()), interval '${sql.lit(LEAST_WAIT_SECONDS)} seconds'),
  interval '${sql.lit(MOST_WAIT_SECONDS)} seconds') * (1 + random() / 5)`;

/** Whether the row fails for so long that no more is tried. */
export const failedForDays = sql<boolean>`failing_since < now() - interval '${sql.lit(DAYS_OF_FAILURES)} days'`;

const disabledByFailures = sql<boolean>`failures + 1 >= ${sql.lit(LEAST_FAILURES_TO_DISABLE)} and ${failedForDays}`;

/**
 * Notes at the webhook that an attempt failed: that may open its breaker or disable it. Returns why it is disabled now. Attempts
 * that began before the breaker opened may end after it: they make it no shorter. What is disabled stays as it is.
 */
export async function noteWebhookFailure(
  tx: EntityManager,
  { webhookId, orderId }: DeliveryQueue,
  { message, retryAfterMs, disable: reason }: AttemptFailure,
): Promise<DisabledReason | undefined> {
  const disable = reason ?? null;
  const askedMs = retryAfterMs === undefined ? null : Math.min(retryAfterMs, MOST_RETRY_AFTER_MS);
  const failed = await kyselyOf(tx)
    .updateTable('Webhook')
    .set({
      failures: sql`failures + 1`,
      failingSince: sql`coalesce(failing_since, clock_timestamp())`,
      lastError: message,
      prober: sql`nullif(prober, ${orderId})`,
      proberUntil: sql`case when prober = ${orderId} then null else prober_until end`,
      retryAt: sql`case when failures + 1 >= ${BREAKER_FAILURES} or retry_at is not null or ${askedMs}::bigint is not null then
        greatest(retry_at, now() + greatest(${retryWait}, ${askedMs}::bigint * interval '1 millisecond')) end`,
      disabledAt: sql`coalesce(disabled_at, case when ${disable}::text is not null or ${disabledByFailures} then now() end)`,
      disabledReason: sql`coalesce(disabled_reason, ${disable}::text, case when ${disabledByFailures} then 'failing' end)`,
    })
    .where('id', '=', webhookId)
    .returning('disabledReason')
    .executeTakeFirst();
  return failed?.disabledReason ?? undefined;
}

/**
 * Takes the right to try a receiver behind an open breaker: one queue has it at a time. A queue that has it and does nothing
 * more loses it a minute after its time.
 */
export async function takeProbe(em: EntityManager, { webhookId, orderId }: DeliveryQueue): Promise<boolean> {
  const taken = await kyselyOf(em)
    .updateTable('Webhook')
    .set({
      prober: orderId,
      proberUntil: sql`greatest(retry_at, now()) + interval '${sql.lit(PROBE_GRACE_SECONDS)} seconds'`,
    })
    .where('id', '=', webhookId)
    .where('retryAt', 'is not', null)
    .where((webhook) =>
      webhook.or([
        webhook('prober', 'is', null),
        webhook('prober', '=', orderId),
        webhook('proberUntil', '<', sql<Date>`now()`),
      ]),
    )
    .returning('id')
    .executeTakeFirst();
  return taken !== undefined;
}

const HEALTHY = {
  failures: 0,
  failingSince: null,
  lastError: null,
  retryAt: null,
  prober: null,
  proberUntil: null,
  disabledAt: null,
  disabledReason: null,
} as const;

/**
 * Enables a webhook again, or has a failing one tried at once: the breaker is closed, and everything that is pending is due
 * now. The workflows of its queues are signalled again, also those that wait.
 */
export async function enableWebhook(em: EntityManager, webhookId: string): Promise<void> {
  await em.transactional(async (tx) => {
    await tx.nativeUpdate(Webhook, { id: webhookId }, HEALTHY);
    const late = { $or: [{ signalled: true }, { dueAt: { $gt: raw('now()') } }, { failingSince: { $ne: null } }] };
    const dueNow = { signalled: false, dueAt: raw('now()'), failingSince: null };
    await tx.nativeUpdate(WebhookDelivery, { webhookId, status: 'pending', ...late }, dueNow);
  });
}
