import type { DisabledReason } from './health.ts';

/** `failing`: the last attempt failed, and none has succeeded since. `disabled`: nothing is sent until it is enabled again. */
export type WebhookStatus = 'active' | 'failing' | 'disabled';

/** A webhook as its party sees it; its secret is shown only when it is made. */
export interface WebhookView {
  readonly id: string;
  readonly partyId: string;
  readonly role: 'buyer' | 'seller' | 'distributor' | 'operator';
  readonly url: string;
  /** `null`: events of every type. */
  readonly types: readonly string[] | null;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly status: WebhookStatus;
  readonly disabled: { readonly reason: DisabledReason; readonly since: string } | null;
  readonly failing: WebhookFailing | null;
  /** Deliveries that wait, at most `COUNTED`. */
  readonly pending: number;
}

/** What is known of a receiver that fails. */
export interface WebhookFailing {
  readonly since: string;
  readonly attempts: number;
  readonly lastError: string;
  /** Set while the circuit breaker is open: one delivery is tried then. */
  readonly nextAttemptAt: string | null;
}

/** Of more nobody needs the figure, and counting costs. */
const COUNTED = 1000;

export interface WebhookRow {
  id: string;
  party_id: string;
  role: WebhookView['role'];
  url: string;
  types: string[] | null;
  created_at: string | Date;
  created_at_micros: string;
  failures: number;
  failing_since: string | Date | null;
  last_error: string | null;
  retry_at: string | Date | null;
  disabled_at: string | Date | null;
  disabled_reason: DisabledReason | null;
  pending: number;
}

export const SELECT_WEBHOOKS = `
  select w.id, w.party_id, w.role, w.url, w.types, w.created_at, w.failures, w.failing_since, w.last_error, w.retry_at,
    w.disabled_at, w.disabled_reason, (extract(epoch from w.created_at) * 1000000)::bigint::text as created_at_micros,
    (select count(*)::int from (select from webhook_deliveries d
      where d.webhook_id = w.id and d.status = 'pending' limit ${COUNTED}) as few) as pending
  from webhooks w`;

/** Prints a row of `SELECT_WEBHOOKS`. */
export function viewOf(row: WebhookRow): WebhookView {
  const { id, party_id: partyId, role, url, types, pending } = row;
  const failing = failingOf(row);
  const disabled =
    row.disabled_at === null || row.disabled_reason === null
      ? null
      : { reason: row.disabled_reason, since: printed(row.disabled_at) };
  const status = disabled ? 'disabled' : failing ? 'failing' : 'active';
  return { id, partyId, role, url, types, createdAt: printed(row.created_at), status, disabled, failing, pending };
}

function failingOf({
  failing_since: since,
  failures,
  last_error: error,
  retry_at: at,
}: WebhookRow): WebhookFailing | null {
  if (since === null) return null;
  const nextAttemptAt = at === null ? null : printed(at);
  return { since: printed(since), attempts: failures, lastError: error ?? '', nextAttemptAt };
}

function printed(time: string | Date): string {
  return new Date(time).toISOString();
}
