import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** What a process tells Prometheus about itself and its requests. */
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
