import { randomBytes } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { Sealer } from '../platform/sealing.ts';
import type { Scope } from './reading.ts';

/** A webhook as its party sees it; its secret is shown only when it is made. */
export interface WebhookView {
  readonly id: string;
  readonly partyId: string;
  readonly url: string;
  /** `null`: events of every type. */
  readonly types: readonly string[] | null;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** What a webhook’s messages are signed with: the secret, and after a rotation the former one for a while. */
export type WebhookSecrets = readonly [string, ...string[]];

/** How many webhooks a party may have. */
export const MAX_WEBHOOKS = 20;
/** How long the former secret goes on signing after a rotation. */
const FORMER_SECRET_HOURS = 24;

interface WebhookRow {
  id: string;
  party_id: string;
  url: string;
  types: string[] | null;
  created_at: string | Date;
}

const SELECT = 'select id, party_id, url, types, created_at from webhooks';

/** Makes a webhook for a party, with its first secret; `undefined` when the party has as many as it may. */
export async function createWebhook(
  em: EntityManager,
  sealer: Sealer,
  webhook: { partyId: string; role: string; url: string; types: readonly string[] | null },
): Promise<{ webhook: WebhookView; secret: string } | undefined> {
  const secret = newSecret();
  const id = `webhook-${randomBytes(13).toString('hex')}`;
  const sealed = await sealer.seal(webhook.partyId, secret);
  const types = webhook.types && JSON.stringify(webhook.types);
  const [row] = await em.execute<WebhookRow[]>(
    `insert into webhooks (id, party_id, role, url, types, secret_sealed)
     select ?, ?, ?, ?, ?::jsonb, ? where (select count(*) from webhooks where party_id = ?) < ?
     returning id, party_id, url, types, created_at`,
    [id, webhook.partyId, webhook.role, webhook.url, types, sealed, webhook.partyId, MAX_WEBHOOKS],
  );
  return row && { webhook: viewOf(row), secret };
}

/** The webhooks of a party (an operator’s: everybody’s), the oldest first. */
export async function listWebhooks(em: EntityManager, scope: Scope): Promise<WebhookView[]> {
  const [where, values] = scope.role === 'operator' ? ['true', []] : ['party_id = ?', [scope.partyId]];
  const rows = await em.execute<WebhookRow[]>(`${SELECT} where ${where} order by created_at, id limit 1000`, values);
  return rows.map(viewOf);
}

/** The webhook of that id within the scope; `undefined` when there is none. */
export async function readWebhook(em: EntityManager, id: string, scope: Scope): Promise<WebhookView | undefined> {
  const [row] = await em.execute<WebhookRow[]>(`${SELECT} where id = ?`, [id]);
  const own = row && (scope.role === 'operator' || row.party_id === scope.partyId);
  return own ? viewOf(row) : undefined;
}

/** Deletes a webhook with everything that was still to be delivered to it. */
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

function viewOf(row: WebhookRow): WebhookView {
  const { id, party_id: partyId, url, types } = row;
  return { id, partyId, url, types, createdAt: new Date(row.created_at).toISOString() };
}
