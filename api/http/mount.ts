import { Router, type Request, type RequestHandler } from 'express';
import { parseCheckNumber, parseOrderId } from '../../domain/ids.ts';
import { readOrder, type OrderRecord } from '../../office/reading.ts';
import { ACCESS, type AccessRule } from '../auth/access.ts';
import { authenticate, requireRole } from '../auth/authenticate.ts';
import type { Party } from '../auth/party.ts';
import type { ApiDeps } from '../deps.ts';
import type { Endpoint } from '../endpoint.ts';
import { jsonBody } from './body.ts';
import { Problem } from './problem.ts';
import { requestId } from './request-log.ts';

/** Mounts the route table: for each endpoint limit, authenticate, authorise, read the body, parse, answer. */
export function mountEndpoints(endpoints: readonly Endpoint[], deps: ApiDeps, limit: RequestHandler): Router {
  const router = Router({ caseSensitive: true });
  for (const [path, sharing] of byPath(endpoints)) {
    for (const endpoint of sharing) {
      const steps = [identify(endpoint, deps), limit, ...(endpoint.body ? jsonBody() : []), answer(endpoint, deps)];
      router[endpoint.method](expressPath(path), ...steps);
    }
    router.all(expressPath(path), refuseMethod(sharing.map(({ method }) => method.toUpperCase())));
  }
  return router;
}

/** The endpoints of each path; a path without parameters comes before those that would take it for an id. */
function byPath(endpoints: readonly Endpoint[]): [string, Endpoint[]][] {
  const groups = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints) groups.set(endpoint.path, [...(groups.get(endpoint.path) ?? []), endpoint]);
  return [...groups].toSorted(([one], [other]) => parametersIn(one) - parametersIn(other));
}

function parametersIn(path: string): number {
  return path.split('{').length - 1;
}

/** `/v1/orders/{orderId}` → `/v1/orders/:orderId`. */
function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function identify(endpoint: Endpoint, deps: ApiDeps): RequestHandler {
  const rule: AccessRule = ACCESS[endpoint.operationId];
  return async (request, response, next) => {
    if (rule.roles !== 'public') {
      const party = await authenticate(request, deps.verify);
      response.locals.party = party;
      requireRole(party, rule, endpoint.method);
    }
    next();
  };
}

function answer(endpoint: Endpoint, deps: ApiDeps): RequestHandler {
  const rule: AccessRule = ACCESS[endpoint.operationId];
  return async (request, response) => {
    const party = response.locals.party as Party | undefined;
    requireOwnAccount(rule, request, party);
    const order = await ownedOrder(rule, request, party, deps);
    const { params, query, body } = request;
    const [idempotencyKey, lastEventId] = [request.get('idempotency-key'), request.get('last-event-id')];
    const raw = {
      params,
      query,
      body: body as unknown,
      idempotencyKey,
      lastEventId,
      requestId: requestId(request),
      party,
      order,
    };
    const reply = await endpoint.run(raw, deps);
    if (reply.stream) return reply.stream(response);
    response.status(reply.status).set(reply.headers ?? {});
    if (!response.get('Cache-Control'))
      response.set('Cache-Control', rule.roles === 'public' ? 'no-cache' : 'private, no-cache');
    if (reply.body === undefined) response.end();
    else if (response.get('Content-Type')) response.send(reply.body);
    else response.json(reply.body);
  };
}

function requireOwnAccount(rule: AccessRule, { params }: Request, party: Party | undefined): void {
  if (rule.owns !== 'account' || party?.role === 'operator' || params.accountId === party?.id) return;
  throw new Problem('not-found', 'There is no such account.');
}

/** The order in the path, when it is the party’s own: to everybody else it does not exist. */
async function ownedOrder(
  rule: AccessRule,
  request: Request,
  party: Party | undefined,
  deps: ApiDeps,
): Promise<OrderRecord | undefined> {
  if (!party || (rule.owns !== 'order' && rule.owns !== 'check')) return undefined;
  const orderId = orderIdIn(request);
  const scope = party.role === 'operator' ? { role: party.role } : { role: party.role, partyId: party.id };
  const order = orderId && (await readOrder(deps.orm.em.fork(), orderId, scope));
  const asCheck = rule.owns === 'check';
  if (!order || (asCheck && !order.view.echeck))
    throw new Problem('not-found', `There is no such ${asCheck ? 'e-check' : 'order'}.`);
  return order;
}

function orderIdIn({ params }: Request): string | undefined {
  const { orderId, number } = params;
  if (typeof orderId === 'string') return parseOrderId(orderId);
  return typeof number === 'string' ? parseCheckNumber(number)?.replace(/^check-/, 'order-') : undefined;
}

function refuseMethod(methods: readonly string[]): RequestHandler {
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  return (request, response) => {
    if (request.method === 'OPTIONS') {
      response.status(204).set('Allow', allow).end();
      return;
    }
    throw new Problem('method-not-allowed', `${request.method} is not possible here; ${allow} are.`, {
      headers: { Allow: allow },
    });
  };
}
