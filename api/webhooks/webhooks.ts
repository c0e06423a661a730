import type { WebhookStatus } from '../../domain/webhooks.ts';
import {
  MAX_WEBHOOKS,
  type WebhookView,
  createWebhook,
  enableWebhook,
  listWebhooks,
  readWebhook,
  requeueDelivery,
  rotateSecret,
} from '../../office/webhooks/index.ts';
import { targetFault } from '../../platform/outgoing.ts';
import { scopeOf, type Party } from '../auth/tokens.ts';
import type { ApiDeps } from '../deps.ts';
import { webhookCursor } from '../http/cursor.ts';
import { Problem, invalidField } from '../http/problem.ts';

export type WebhookWithSecret = WebhookView & { readonly secret: string };

/** Makes a webhook for a party. Throws the problem of a target that is not allowed, and of one webhook too many. */
export async function makeWebhook(
  deps: ApiDeps,
  party: Party,
  wanted: { url: string; types?: readonly string[] },
): Promise<WebhookWithSecret> {
  const { url, types = null } = wanted;
  const fault = targetFault(url, deps.allowPrivateTargets);
  if (fault) throw invalidField('/url', fault, `The url ${fault}${wayIn(url, deps)}.`);
  const made = await createWebhook(deps.orm.em.fork(), deps.sealer, {
    partyId: party.id,
    role: party.role,
    url,
    types,
  });
  if (!made) throw new Problem('limit-reached', `A party may have ${MAX_WEBHOOKS} webhooks: delete one first.`);
  return { ...made.webhook, secret: made.secret };
}

/** Says how a receiver can be tried on one's own machine: what is refused here would be allowed there. */
function wayIn(url: string, { allowPrivateTargets }: ApiDeps): string {
  if (allowPrivateTargets || targetFault(url, true) !== undefined) return '';
  return '; an installation that is started with WEBHOOK_PRIVATE_TARGETS=true allows it';
}

/** A page of the party's own webhooks (an operator's: everybody's), the oldest first. */
export async function webhooksPage(
  deps: ApiDeps,
  party: Party,
  query: { status?: WebhookStatus; limit: number; cursor?: string },
) {
  const { status, limit, cursor } = query;
  const after = webhookCursor.read(cursor);
  const page = await listWebhooks(deps.orm.em.fork(), { scope: scopeOf(party), status, after, limit });
  return { data: page.webhooks, nextCursor: webhookCursor.print(page.next) };
}

/** Enables a disabled webhook, and has a failing one tried at once; the relay sees it within seconds. */
export async function enable(deps: ApiDeps, party: Party, webhook: WebhookView): Promise<WebhookView> {
  const em = deps.orm.em.fork();
  await enableWebhook(em, webhook.id);
  deps.logger.info({ webhookId: webhook.id, by: party.id, was: webhook.status }, 'a webhook is enabled');
  const enabled = await readWebhook(em, webhook.id, { role: 'operator' });
  if (!enabled) throw new Problem('not-found', 'There is no such webhook.');
  return enabled;
}

export async function rotate(deps: ApiDeps, webhook: WebhookView): Promise<WebhookWithSecret> {
  return { ...webhook, secret: await rotateSecret(deps.orm.em.fork(), deps.sealer, webhook) };
}

/** Puts a delivery back on its way; the relay finds it there within seconds. */
export async function resend(deps: ApiDeps, webhook: WebhookView, deliveryId: string): Promise<void> {
  const queue = await requeueDelivery(deps.orm.em.fork(), webhook.id, BigInt(deliveryId));
  if (!queue) throw new Problem('not-found', 'There is no such delivery.');
  deps.logger.info({ ...queue, deliveryId }, 'a delivery goes out again');
}
