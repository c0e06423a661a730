import { randomBytes } from 'node:crypto';
import { IsolationLevel, type EntityManager } from '@mikro-orm/postgresql';
import type { Sealer } from '../../platform/sealing.ts';
import type { Scope } from '../orders/reading.ts';
import { SELECT_WEBHOOKS, viewOf, type WebhookRow, type WebhookStatus, type WebhookView } from './view.ts';

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
