import { randomBytes } from 'node:crypto';
import { IsolationLevel, type EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { Role } from '../../domain/party.ts';
import type { DisabledReason, WebhookStatus } from '../../domain/webhooks.ts';
import { kyselyOf, type Row } from '../../entities/database.ts';
import { Webhook } from '../../entities/webhook.entity.ts';
import type { Sealer } from '../../platform/sealing.ts';
import type { Scope } from '../orders/index.ts';
import { takeTurn } from '../transaction.ts';

/** A webhook as its party sees it; its secret is shown only when it is made. */
export interface WebhookView {
  readonly id: string;
  readonly partyId: string;
  readonly role: Role;
  readonly url: string;
  /** `null`: events of every type. */
  readonly types: readonly string[] | null;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly status: WebhookStatus;
  readonly disabled: { readonly reason: DisabledReason; readonly since: string } | null;
  readonly failing: WebhookFailing | null;
  /** Deliveries that wait, at most 1,000. */
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
  readonly role: Role;
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
  const { partyId, role, url, types } = webhook;
  const secret = newSecret();
  const id = `webhook-${randomBytes(13).toString('hex')}`;
  const secretSealed = await sealer.seal(partyId, secret);
  const made = await em.transactional(
    async (tx) => {
      await takeTurn(tx, `webhooks of ${role} ${partyId}`);
      if ((await tx.count(Webhook, { role, partyId })) >= MAX_WEBHOOKS) return false;
      await kyselyOf(tx)
        .insertInto('Webhook')
        .values({ id, partyId, role, url, types: types && [...types], secretSealed })
        .execute();
      return true;
    },
    { isolationLevel: IsolationLevel.READ_COMMITTED },
  );
  const view = made && (await readWebhook(em, id, { role: 'operator' }));
  return view ? { webhook: view, secret } : undefined;
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
  let query = webhooksWithin(em, scope);
  if (status) query = query.where('status', '=', status);
  if (after) {
    const since = sql`timestamptz 'epoch' + ${after.createdAtMicros}::bigint * interval '1 microsecond'`;
    query = query.where(sql<boolean>`(created_at, id) > (${since}, ${after.id})`);
  }
  const rows = await query
    .orderBy('createdAt')
    .orderBy('id')
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next = rows.length > limit && last ? { createdAtMicros: String(last.createdAtMicros), id: last.id } : undefined;
  return { webhooks: page.map(viewOf), ...(next && { next }) };
}

/** The webhook of that id within the scope; `undefined` when there is none. */
export async function readWebhook(em: EntityManager, id: string, scope: Scope): Promise<WebhookView | undefined> {
  const row = await webhooksWithin(em, scope).where('id', '=', id).executeTakeFirst();
  return row && viewOf(row);
}

function webhooksWithin(em: EntityManager, scope: Scope) {
  const all = kyselyOf(em).selectFrom('WebhookState').selectAll();
  if (scope.role === 'operator') return all;
  return all.where('role', '=', scope.role).where('partyId', '=', scope.partyId);
}

/** Deletes a webhook with everything that was still to be delivered to it; what is at work for it ends by itself. */
export async function deleteWebhook(em: EntityManager, id: string): Promise<void> {
  await em.nativeDelete(Webhook, { id });
}

/** Gives a webhook a new secret. The former one signs beside it for a day, so that the receiver can change over. */
export async function rotateSecret(em: EntityManager, sealer: Sealer, webhook: WebhookView): Promise<string> {
  const secret = newSecret();
  await kyselyOf(em)
    .updateTable('Webhook')
    .set({
      formerSecretSealed: sql`secret_sealed`,
      formerSecretUntil: sql`now() + interval '${sql.lit(FORMER_SECRET_HOURS)} hours'`,
      secretSealed: await sealer.seal(webhook.partyId, secret),
    })
    .where('id', '=', webhook.id)
    .execute();
  return secret;
}

/** How webhooks do as a whole, one line a status that occurs. */
export type WebhookBacklog = Row<'WebhookBacklog'>;

export function readWebhookBacklog(em: EntityManager): Promise<WebhookBacklog[]> {
  return kyselyOf(em).selectFrom('WebhookBacklog').selectAll().execute();
}

/** Standard Webhooks: `whsec_` and 24 random bytes. */
function newSecret(): string {
  return `whsec_${randomBytes(24).toString('base64')}`;
}

function viewOf(row: Row<'WebhookState'>): WebhookView {
  const { id, partyId, role, url, types, status, pending, disabledAt, disabledReason } = row;
  return {
    id,
    partyId,
    role,
    url,
    types,
    createdAt: row.createdAt.toISOString(),
    status,
    disabled: disabledAt && disabledReason && { reason: disabledReason, since: disabledAt.toISOString() },
    failing: failingOf(row),
    pending,
  };
}

function failingOf({ failingSince, failures, lastError, retryAt }: Row<'WebhookState'>): WebhookFailing | null {
  if (failingSince === null) return null;
  const nextAttemptAt = retryAt?.toISOString() ?? null;
  return { since: failingSince.toISOString(), attempts: failures, lastError: lastError ?? '', nextAttemptAt };
}
