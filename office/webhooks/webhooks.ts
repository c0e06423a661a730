import { randomBytes } from 'node:crypto';
import { IsolationLevel, type EntityManager } from '@mikro-orm/postgresql';
import type { DisabledReason, WebhookStatus } from '../../domain/webhooks.ts';
import type { Sealer } from '../../platform/sealing.ts';
import type { Scope } from '../orders/reading.ts';

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

/** How many webhooks a party may have. */
export const MAX_WEBHOOKS = 20;
/** How long the former secret goes on signing after a rotation. */
const FORMER_SECRET_HOURS = 24;

/** Whose webhook: the same id in another role is another party. */
export interface WebhookOwner {
  readonly partyId: string;
  readonly role: WebhookView['role'];
}

/**
 * Makes a webhook for a party, with its first secret; `undefined` when the party has as many as it may. The party's requests
 * count one after the other, or several at once would each find the last place free.
 */
export async function createWebhook(
  em: EntityManager,
  sealer: Sealer,
  webhook: WebhookOwner & { url: string; types: readonly string[] | null },
): Promise<{ webhook: WebhookView; secret: string } | undefined> {
  const { partyId, role, url } = webhook;
  const secret = newSecret();
  const id = `webhook-${randomBytes(13).toString('hex')}`;
  const sealed = await sealer.seal(partyId, secret);
  const types = webhook.types && JSON.stringify(webhook.types);
  const made = await em.transactional(
    async (tx) => {
      await tx.execute(`select pg_advisory_xact_lock(hashtextextended('webhooks of ' || ? || ' ' || ?, 0))`, [
        role,
        partyId,
      ]);
      return tx.execute<{ id: string }[]>(
        `insert into webhooks (id, party_id, role, url, types, secret_sealed)
       select ?, ?, ?, ?, ?::jsonb, ? where (select count(*) from webhooks where role = ? and party_id = ?) < ?
       returning id`,
        [id, partyId, role, url, types, sealed, role, partyId, MAX_WEBHOOKS],
      );
    },
    { isolationLevel: IsolationLevel.READ_COMMITTED },
  );
  if (made.length === 0) return undefined;
  const view = await readWebhook(em, id, { role: 'operator' });
  return view && { webhook: view, secret };
}

/** A place in the list: after the webhook of that id, made at that time, in microseconds since the epoch. */
export interface WebhookPlace {
  readonly createdAtMicros: string;
  readonly id: string;
}

export interface WebhookFilter {
  readonly scope: Scope;
  readonly status?: WebhookStatus;
  readonly after?: WebhookPlace;
  readonly limit: number;
}

/** A page of the webhooks within the scope, the oldest first; `next` is absent on the last page. */
export async function listWebhooks(
  em: EntityManager,
  { scope, status, after, limit }: WebhookFilter,
): Promise<{ webhooks: WebhookView[]; next?: WebhookPlace }> {
  const conditions: [string, (string | number)[]][] = [];
  if (scope.role !== 'operator') conditions.push(['w.role = ? and w.party_id = ?', [scope.role, scope.partyId]]);
  if (status) conditions.push([STATUS_IS[status], []]);
  if (after) conditions.push([AFTER, [after.createdAtMicros, after.id]]);
  const where = conditions.map(([sql]) => `and ${sql}`).join(' ');
  const values = conditions.flatMap(([, given]) => given);
  const rows = await em.execute<WebhookRow[]>(
    `${SELECT_WEBHOOKS} where true ${where} order by w.created_at, w.id limit ?`,
    [...values, limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next = rows.length > limit && last ? { createdAtMicros: last.created_at_micros, id: last.id } : undefined;
  return { webhooks: page.map(viewOf), ...(next && { next }) };
}

const AFTER = `(w.created_at, w.id) > (timestamptz 'epoch' + ?::bigint * interval '1 microsecond', ?)`;

const STATUS_IS: Record<WebhookStatus, string> = {
  active: 'w.disabled_at is null and w.failing_since is null',
  failing: 'w.disabled_at is null and w.failing_since is not null',
  disabled: 'w.disabled_at is not null',
};

/** The webhook of that id within the scope; `undefined` when there is none. */
export async function readWebhook(em: EntityManager, id: string, scope: Scope): Promise<WebhookView | undefined> {
  const [row] = await em.execute<WebhookRow[]>(`${SELECT_WEBHOOKS} where w.id = ?`, [id]);
  const own = row && (scope.role === 'operator' || (row.role === scope.role && row.party_id === scope.partyId));
  return own ? viewOf(row) : undefined;
}

/** Deletes a webhook with everything that was still to be delivered to it; what is at work for it ends by itself. */
export async function deleteWebhook(em: EntityManager, id: string): Promise<void> {
  await em.execute('delete from webhooks where id = ?', [id]);
}

/** Gives a webhook a new secret. The former one signs beside it for a day, so that the receiver can change over. */
export async function rotateSecret(em: EntityManager, sealer: Sealer, webhook: WebhookView): Promise<string> {
  const secret = newSecret();
  await em.execute(
    `update webhooks set former_secret_sealed = secret_sealed, secret_sealed = ?,
       former_secret_until = now() + make_interval(hours => ?) where id = ?`,
    [await sealer.seal(webhook.partyId, secret), FORMER_SECRET_HOURS, webhook.id],
  );
  return secret;
}

/** Standard Webhooks: `whsec_` and 24 random bytes. */
function newSecret(): string {
  return `whsec_${randomBytes(24).toString('base64')}`;
}

/** What waits for webhooks of one status. */
export interface WebhookBacklog {
  readonly status: WebhookStatus;
  readonly webhooks: number;
  readonly openBreakers: number;
  readonly pending: number;
  /** 0 when nothing is pending. */
  readonly oldestSeconds: number;
}

/** How webhooks do as a whole, by status. One pass over what is pending, by its index. */
export async function readWebhookBacklog(em: EntityManager): Promise<WebhookBacklog[]> {
  return em.execute<WebhookBacklog[]>(BACKLOG);
}

const BACKLOG = `
  with pending as (
    select webhook_id, count(*) as deliveries, min(id) as oldest from webhook_deliveries where status = 'pending'
    group by webhook_id
  ),
  judged as (
    select case when disabled_at is not null then 'disabled' when failing_since is not null then 'failing' else 'active' end
        as status, disabled_at is null and retry_at is not null as open, coalesce(p.deliveries, 0) as deliveries, p.oldest
    from webhooks w left join pending p on p.webhook_id = w.id
  ),
  summed as (
    select status, count(*)::int as webhooks, count(*) filter (where open)::int as open,
      sum(deliveries)::float8 as pending, min(oldest) as oldest from judged group by status
  )
  select s.status, s.webhooks, s.open as "openBreakers", s.pending,
    coalesce(extract(epoch from now() - d.created_at), 0)::float8 as "oldestSeconds"
  from summed s left join webhook_deliveries d on d.id = s.oldest`;

/** Of more nobody needs the figure, and counting costs. */
const COUNTED = 1000;

interface WebhookRow {
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

const SELECT_WEBHOOKS = `
  select w.id, w.party_id, w.role, w.url, w.types, w.created_at, w.failures, w.failing_since, w.last_error, w.retry_at,
    w.disabled_at, w.disabled_reason, (extract(epoch from w.created_at) * 1000000)::bigint::text as created_at_micros,
    (select count(*)::int from (select from webhook_deliveries d
      where d.webhook_id = w.id and d.status = 'pending' limit ${COUNTED}) as few) as pending
  from webhooks w`;

/** Prints a row of `SELECT_WEBHOOKS`. */
function viewOf(row: WebhookRow): WebhookView {
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
