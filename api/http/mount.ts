import { Router, type RequestHandler, type Response } from 'express';
import { ACCESS, type AccessRule } from '../auth/access.ts';
import { findOwned } from '../auth/ownership.ts';
import { authenticate, requireRole } from '../auth/authenticate.ts';
import type { Party } from '../auth/party.ts';
import type { ApiDeps } from '../deps.ts';
import type { Endpoint, RawCall, Reply } from './endpoint.ts';
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

function answer(endpoint: Endpoint, all: ApiDeps): RequestHandler {
  const rule: AccessRule = ACCESS[endpoint.operationId];
  // What only reads must not queue behind what waits for a lock.
  const deps = endpoint.method === 'get' ? { ...all, orm: all.reads } : all;
  return async (request, response) => {
    const party = response.locals.party as Party | undefined;
    const { params, query } = request;
    const owned = party && (await findOwned(deps.reads.em.fork(), rule, party, params));
    const raw: RawCall = {
      params,
      query,
      body: request.body as unknown,
      idempotencyKey: request.get('idempotency-key'),
      lastEventId: request.get('last-event-id'),
      requestId: requestId(request),
      party,
      order: owned?.order,
      webhook: owned?.webhook,
    };
    await sendReply(response, await endpoint.run(raw, deps), rule.roles === 'public');
  };
}

async function sendReply(response: Response, reply: Reply, isPublic: boolean): Promise<void> {
  const { status, headers = {}, body, stream } = reply;
  if (stream && response.req.method !== 'HEAD') return stream(response);
  response.status(status).set({ 'Cache-Control': isPublic ? 'no-cache' : 'private, no-cache', ...headers });
  if (body === undefined) response.end();
  else if (response.get('Content-Type')) response.send(body);
  else response.json(body);
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
