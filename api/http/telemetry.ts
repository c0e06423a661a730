import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { pinoHttp } from 'pino-http';
import type { Logger } from 'pino';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Logs each request on one line under its id: the caller's `X-Request-Id` when it is a plain one, else a new one. The id
 * goes back in the header, into every log line of the request, and into the memo of the workflow that it starts.
 */
export function requestLog(logger: Logger): RequestHandler {
  return pinoHttp({
    logger,
    genReqId: requestIdOf,
    serializers: {
      req: ({ id, method, url }: { id: string; method: string; url: string }) => ({ id, method, url }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
    customLogLevel: (_request, response) => (response.statusCode >= 500 ? 'error' : 'info'),
    autoLogging: { ignore: ({ url }) => url?.startsWith('/health/') ?? false },
  });
}

function requestIdOf(request: IncomingMessage, response: ServerResponse): string {
  const given = request.headers['x-request-id'];
  const id = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
  response.setHeader('X-Request-Id', id);
  return id;
}

/** The id under which this request is logged. */
export function requestId({ id }: IncomingMessage): string {
  return typeof id === 'string' ? id : 'none';
}

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

function patternOf(route: unknown): string {
  if (typeof route !== 'object' || route === null || !('path' in route)) return 'none';
  return typeof route.path === 'string' ? route.path : 'none';
}
