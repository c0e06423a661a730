import type { EntityManager } from '@mikro-orm/postgresql';
import { parseCheckNumber, parseOrderId } from '../../domain/ids.ts';
import { readOrder, type OrderRecord } from '../../office/orders/reading.ts';
import { readWebhook, type WebhookView } from '../../office/webhooks/webhooks.ts';
import { Problem } from '../http/problem.ts';
import type { AccessRule } from './access.ts';
import { scopeOf, type Party } from './party.ts';

/** What the path names, when it is the party's own. */
export interface Owned {
  readonly order?: OrderRecord;
  readonly webhook?: WebhookView;
}

type PathParameters = Readonly<Record<string, unknown>>;

/** Finds what the path names within what is the party's own. Throws `not-found`: to everybody else it does not exist. */
export async function findOwned(
  em: EntityManager,
  rule: AccessRule,
  party: Party,
  params: PathParameters,
): Promise<Owned> {
  switch (rule.owns) {
    case 'order':
    case 'check':
      return { order: await ownOrder(em, rule.owns, party, params) };
    case 'webhook':
      return { webhook: await ownWebhook(em, party, params) };
    case 'account':
      if (party.role === 'operator' || params['accountId'] === party.id) return {};
      throw notFound('account');
    case 'self':
    case 'nothing':
      return {};
  }
}

async function ownOrder(
  em: EntityManager,
  owns: 'order' | 'check',
  party: Party,
  params: PathParameters,
): Promise<OrderRecord> {
  const orderId = orderIdIn(params);
  const order = orderId && (await readOrder(em, orderId, scopeOf(party)));
  if (!order || (owns === 'check' && !order.view.echeck)) throw notFound(owns === 'check' ? 'e-check' : 'order');
  return order;
}

/** One check, one order: the check's number names its order. */
function orderIdIn({ orderId, number }: PathParameters): string | undefined {
  if (typeof orderId === 'string') return parseOrderId(orderId);
  return typeof number === 'string' ? parseCheckNumber(number)?.replace(/^check-/, 'order-') : undefined;
}

async function ownWebhook(em: EntityManager, party: Party, { webhookId }: PathParameters): Promise<WebhookView> {
  const webhook = typeof webhookId === 'string' && (await readWebhook(em, webhookId, scopeOf(party)));
  if (!webhook) throw notFound('webhook');
  return webhook;
}

function notFound(what: string): Problem {
  return new Problem('not-found', `There is no such ${what}.`);
}
