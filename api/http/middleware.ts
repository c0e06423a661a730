import type { ServerResponse, Server } from 'node:http';
import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { partyOf } from '../auth/authorise.ts';
import { Problem } from './problem.ts';
import { Server as NetServer, type Socket } from 'node:net';

/** `Cache-Control: no-cache` speaks to caches; an origin answers `If-None-Match` all the same (`fetch` always sends both). */
export const answerConditionals: RequestHandler = (request, _response, next) => {
  delete request.headers['cache-control'];
  next();
};

/** The Prometheus metrics of a process and of its requests. */
export interface Metrics {
  readonly measure: RequestHandler;
  readonly page: RequestHandler;
  readonly registry: Registry;
}

/** Labels hold the route's pattern, never its ids: their number stays bounded. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'How long requests took, by method, route pattern and status.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return {
    registry,
    measure(request, response, next) {
      const end = durations.startTimer({ method: request.method });
      response.on('close', () => {
        const route: unknown = request.route;
        end({ route: patternOf(route), status: response.statusCode });
      });
      next();
    },
    async page(_request, response) {
      response.set('Content-Type', registry.contentType).send(await registry.metrics());
    },
  };
}

/** The route's pattern, `/v1/orders/:orderId`. */
export function patternOf(route: unknown): string {
  if (typeof route !== 'object' || route === null || !('path' in route)) return 'none';
  return typeof route.path === 'string' ? route.path : 'none';
}

const WINDOW_MS = 60_000;

/** Limits how often an address may come with credentials that are not valid: guessing gets slow, nobody else notices. */
export function limitFailedAuthentication(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: WINDOW_MS,
    limit: perMinute,
    standardHeaders: false,
    legacyHeaders: false,
    skipSuccessfulRequests: true,
    requestWasSuccessful: (_request, response) => response.statusCode !== 401,
    keyGenerator: ({ ip = '' }) => ipKeyGenerator(ip),
    handler: () => {
      throw new Problem('too-many-requests', 'This address has sent too many requests without valid credentials.', {
        headers: { 'Retry-After': String(WINDOW_MS / 1000) },
      });
    },
  });
}

/** Limits each party in its role (an anonymous caller: each address) to so many requests a minute, with the standard headers. */
export function limitRequests(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: WINDOW_MS,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (request, response) => {
      const party = partyOf(response);
      return party ? `${party.role}:${party.id}` : `address:${ipKeyGenerator(request.ip ?? '')}`;
    },
    handler: (_request, response) => {
      const seconds = response.getHeader('Retry-After');
      throw new Problem(
        'too-many-requests',
        `This party may send ${perMinute} requests a minute; wait ${String(seconds)} seconds.`,
      );
    },
  });
}

/** So long an idle connection may still bring a request, which is then its last. */
const LAST_REQUEST_MS = 1_000;

/** How a server stops serving without cutting anybody off. */
export interface Drain {
  /** From now on every answer closes its connection, so that busy callers connect anew, and go elsewhere where they are sent elsewhere. */
  begin(): void;
  /** Takes no new connection, finishes what it has taken, and cuts off whoever is left after `timeoutMs`. */
  end(timeoutMs: number): Promise<void>;
}

/** Prepares a server for a graceful shutdown. */
export function drainConnections(server: Server): Drain {
  const answering = new Set<ServerResponse>();
  let draining = false;
  server.prependListener('request', (_request, response) => {
    if (draining) response.setHeader('Connection', 'close');
    answering.add(response);
    response.once('close', () => answering.delete(response));
  });
  const begin = (): void => {
    draining = true;
    for (const response of answering) if (!response.headersSent) response.setHeader('Connection', 'close');
  };
  return {
    begin,
    async end(timeoutMs) {
      begin();
      // Connections that the system has made already, and that wait to be accepted, would be reset.
      await new Promise(setImmediate);
      // HTTP's own `close` would cut off idle connections at once, also one whose next request is on its way.
      const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
      const idle = setTimeout(() => server.closeIdleConnections(), LAST_REQUEST_MS);
      const timeout = setTimeout(() => server.closeAllConnections(), timeoutMs);
      await closed;
      clearTimeout(idle);
      clearTimeout(timeout);
      // Ends what else HTTP keeps going for its connections.
      server.close(() => {});
    },
  };
}

interface Use {
  /** Requests under way; a stream is one for as long as it lasts. */
  underWay: number;
  idleSince: number;
}

/**
 * Cuts off connections on which no request has been under way for `timeoutMs`. Node's own time-outs begin with the first
 * byte of a request or end with silence: whoever sends an empty line now and then after a request would stay for good.
 */
export function closeIdleConnections(server: Server, timeoutMs: number): void {
  const uses = new Map<Socket, Use>();
  server.on('connection', (socket) => {
    uses.set(socket, { underWay: 0, idleSince: Date.now() });
    socket.once('close', () => uses.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    const use = uses.get(socket);
    if (!use) return;
    use.underWay += 1;
    response.once('close', () => {
      use.underWay -= 1;
      use.idleSince = Date.now();
    });
  });
  const sweep = setInterval(
    () => {
      for (const [socket, { underWay, idleSince }] of uses)
        if (underWay === 0 && Date.now() - idleSince > timeoutMs) socket.destroy();
    },
    Math.min(timeoutMs / 4, 1_000),
  );
  sweep.unref();
  server.once('close', () => clearInterval(sweep));
}
