import { Router, type RequestHandler, type Response } from 'express';
import { ACCESS, type AccessRule } from '../auth/access.ts';
import { authorise, findOwned, orderIdIn, partyOf } from '../auth/authorise.ts';
import type { NoteRefusal } from '../auth/refusal-log.ts';
import type { AppDeps } from '../deps.ts';
import type { AnyReply, Endpoint, RawCall } from './endpoint.ts';
import { isFromThisMachine } from './loopback.ts';
import { jsonBody } from './parsing.ts';
import { Problem } from './problem.ts';
import { sendPublicJson } from './public-json.ts';
import { noteOrder, requestId } from './request-log.ts';

/** Mounts the route table: for each endpoint authorise, limit, read the body, parse, answer. */
export function mountEndpoints(
  endpoints: readonly Endpoint[],
  deps: AppDeps,
  gates: { readonly limit: RequestHandler; readonly noteRefusal: NoteRefusal },
): Router {
  const guard = { verify: deps.verify, noteRefusal: gates.noteRefusal };
  const router = Router({ caseSensitive: true });
  for (const [path, sharing] of byPath(endpoints)) {
    for (const endpoint of sharing) {
      const rule: AccessRule = ACCESS[endpoint.operationId];
      router[endpoint.method](
        expressPath(path),
        authorise(rule, endpoint.method, guard),
        gates.limit,
        ...(endpoint.body ? jsonBody(endpoint.maxBodyBytes) : []),
        answer(endpoint, rule, deps),
      );
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

function answer(endpoint: Endpoint, rule: AccessRule, all: AppDeps): RequestHandler {
  // What only reads must not queue behind what waits for a lock.
  const onlyReads = endpoint.method === 'get' && !endpoint.records;
  const deps = onlyReads ? { ...all, orm: all.reads } : all;
  return async (request, response) => {
    const party = partyOf(response);
    const { params, query } = request;
    const named = orderIdIn(params);
    if (named) noteOrder(named);
    const owned = party && (await findOwned(deps.reads.em.fork(), rule, party, params));
    const raw: RawCall = {
      params,
      query,
      body: request.body as unknown,
      idempotencyKey: request.get('idempotency-key'),
      lastEventId: request.get('last-event-id'),
      prefersCsv: request.accepts(['json', 'csv']) === 'csv',
      requestId: requestId(request),
      fromThisMachine: () => isFromThisMachine(request),
      party,
      ...owned,
    };
    await sendReply(response, await endpoint.run(raw, deps), endpoint, rule.roles === 'public');
  };
}

async function sendReply(
  response: Response,
  reply: AnyReply,
  { responses }: Endpoint,
  isPublic: boolean,
): Promise<void> {
  const { status, headers = {}, body, stream } = reply;
  if (stream && response.req.method !== 'HEAD') return stream(response);
  response.status(status).set({ 'Cache-Control': isPublic ? 'no-cache' : 'private, no-cache', ...headers });
  const contentType = responses[status]?.contentType;
  if (body === undefined) response.end();
  else if (contentType === undefined && isPublic) await sendPublicJson(response, body);
  else if (contentType === undefined) response.json(body);
  else response.set('Content-Type', contentType).send(body);
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
