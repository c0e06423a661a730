import type { EntityManager } from '@mikro-orm/postgresql';
import type { Request, RequestHandler, Response } from 'express';
import { orderIdOf, parseCheckNumber, parseOrderId, WEBHOOK_ID, type OrderId } from '../../domain/ids.ts';
import { ACCOUNT_HOLDERS } from '../../domain/party.ts';
import { isAccountOf } from '../../office/ledger/index.ts';
import { type OrderRecord, readOrder } from '../../office/orders/index.ts';
import { type WebhookView, readWebhook } from '../../office/webhooks/index.ts';
import { Problem } from '../http/problem.ts';
import type { AccessRule } from './access.ts';
import type { NoteRefusal } from './refusal-log.ts';
import { scopeOf, type Party, type VerifyToken } from './tokens.ts';

/** How credentials are judged, and where it is noted why one was refused. */
export interface Guard {
  readonly verify: VerifyToken;
  readonly noteRefusal: NoteRefusal;
}

/** Middleware that lets in whom the rule allows, and leaves the party for `partyOf`. Throws `unauthorized`, `forbidden`. */
export function authorise(rule: AccessRule, method: string, guard: Guard): RequestHandler {
  return async (request, response, next) => {
    if (rule.roles !== 'public') {
      const party = await authenticate(request, guard);
      response.locals.party = party;
      requireRole(party, rule.roles, method);
    }
    next();
  };
}

/** The party of a request that was let in; `undefined` for an anonymous caller of a public endpoint. */
export function partyOf(response: Response): Party | undefined {
  return response.locals.party as Party | undefined;
}

/**
 * The party of a request's bearer token. Throws `unauthorized` when there is none or it does not verify; why it does not is
 * in the log alone, and the token never.
 */
async function authenticate(request: Request, { verify, noteRefusal }: Guard): Promise<Party> {
  const token = bearerToken(request.headers.authorization);
  if (token === undefined) throw unauthorized('There is no bearer token in the Authorization header.');
  const party = await verify(token, (refusal) => noteRefusal(request.log, refusal));
  if (!party) throw unauthorized('The bearer token is not valid, or not any more.', { error: 'invalid_token' });
  return party;
}

/** Throws `forbidden` when the party's role, or its API key's scope, does not allow the endpoint. */
function requireRole(party: Party, roles: readonly string[], method: string): void {
  if (!roles.includes(party.role)) {
    throw new Problem('forbidden', `This is for the ${roles.join(' or the ')}; the token's role is ${party.role}.`);
  }
  const needed = method === 'get' ? 'read' : 'write';
  if (party.scopes && !party.scopes.includes(needed)) {
    const challenge = challengeOf({ error: 'insufficient_scope', scope: needed });
    throw new Problem('forbidden', `The API key lacks the scope "${needed}".`, { headers: challenge });
  }
}

function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(header ?? '')?.[1];
}

function unauthorized(detail: string, challenge: Readonly<Record<string, string>> = {}): Problem {
  return new Problem('unauthorized', detail, { headers: challengeOf(challenge) });
}

/** RFC 6750, 3: an error code only for whoever brought a credential, and never why. */
function challengeOf(parameters: Readonly<Record<string, string>>): { readonly 'WWW-Authenticate': string } {
  const all = Object.entries({ realm: 'countersign', ...parameters }).map(([name, value]) => `${name}="${value}"`);
  return { 'WWW-Authenticate': `Bearer ${all.join(', ')}` };
}

/** What the path names, when it is the party's own. */
export interface Owned {
  readonly order?: OrderRecord;
  readonly webhook?: WebhookView;
}

type PathParameters = Readonly<Record<string, unknown>>;

/** Finds what the path names within what is the party's own. Throws `not-found`: to everybody else it does not exist. */
export async function findOwned(
  em: EntityManager,
  { owns }: AccessRule,
  party: Party,
  params: PathParameters,
): Promise<Owned> {
  switch (owns) {
    case 'order':
    case 'check':
      return { order: await ownOrder(em, owns, party, params) };
    case 'webhook':
      return { webhook: await ownWebhook(em, party, params) };
    case 'account':
      if (party.role === 'operator' || (await holdsAccount(em, party, params))) return {};
      throw notFound('account');
    case 'self':
    case 'nothing':
      return {};
  }
}

/** The account that is meant must be of the role in which the party speaks: the same id in another role is another party. */
async function holdsAccount(em: EntityManager, { id, role }: Party, { accountId }: PathParameters): Promise<boolean> {
  const holder = ACCOUNT_HOLDERS.find((one) => one === role);
  return holder !== undefined && accountId === id && (await isAccountOf(em, id, holder));
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

/** The order that a path names. One check, one order: the check's number names its order. */
export function orderIdIn({ orderId, number }: PathParameters): OrderId | undefined {
  if (typeof orderId === 'string') return parseOrderId(orderId);
  const check = typeof number === 'string' ? parseCheckNumber(number) : undefined;
  return check && orderIdOf(check);
}

async function ownWebhook(em: EntityManager, party: Party, { webhookId }: PathParameters): Promise<WebhookView> {
  const isId = typeof webhookId === 'string' && WEBHOOK_ID.test(webhookId);
  const webhook = isId && (await readWebhook(em, webhookId, scopeOf(party)));
  if (!webhook) throw notFound('webhook');
  return webhook;
}

function notFound(what: string): Problem {
  return new Problem('not-found', `There is no such ${what}.`);
}
