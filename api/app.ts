import express, { type Express } from 'express';
import helmet from 'helmet';
import { readWebhookBacklog } from '../office/webhooks/index.ts';
import { createRefusalLog } from './auth/refusal-log.ts';
import type { ApiDeps } from './deps.ts';
import { docsPage } from './docs/docs-page.ts';
import { registerEventMetrics } from './events/health.ts';
import { answerProblem } from './http/errors.ts';
import { mountEndpoints } from './http/mount.ts';
import { Problem } from './http/problem.ts';
import { registerOrderMetrics } from './orders/metrics.ts';
import {
  answerConditionals,
  limitRequests,
  limitFailedAuthentication,
  createMetrics,
  type Metrics,
} from './http/middleware.ts';
import { requestLog } from './http/request-log.ts';
import { traceRequests } from './http/request-trace.ts';
import { registerPoolMetrics } from './service/pool-metrics.ts';
import { registerBusinessMetrics } from './statistics/metrics.ts';
import { registerWebhookMetrics } from './webhooks/metrics.ts';
import { createWatching } from './service/watching.ts';
import { openApiDocument } from './http/openapi.ts';
import { endpoints } from './endpoints.ts';
import { nothingHere, pages } from './pages.ts';

/** Wires the API from its parts; it opens nothing and starts nothing. `metrics` are those of the process. */
export function createApp(deps: ApiDeps, metrics: Metrics = createMetrics()): Express {
  const app = express();
  // First, because the figures of a scrape are asked for in this order: the pools as they are before the scrape itself reads.
  registerPoolMetrics(metrics.registry, deps.pools ?? {});
  registerEventMetrics(metrics.registry, deps.events);
  registerWebhookMetrics(metrics.registry, () => readWebhookBacklog(deps.orm.em.fork()));
  const watching = createWatching(deps.reads, deps.gateway.health, deps.logger);
  registerOrderMetrics(metrics.registry, { ...deps, watching });
  registerBusinessMetrics(metrics.registry, deps);
  const document = openApiDocument(endpoints);
  app.disable('x-powered-by').set('etag', 'strong').set('query parser', 'simple').set('case sensitive routing', true);
  app.set('trust proxy', deps.trustedProxies);
  app.use(requestLog(deps.logger), ...(deps.traced ? [traceRequests()] : []));
  app.use(metrics.measure, helmet(HELMET), answerConditionals);
  app.get('/openapi.json', (_request, response) => void response.json(document));
  if (!deps.metricsApart) app.get('/metrics', metrics.page);
  app.use('/docs', docsPage());
  const signInOrigins = deps.desk.oidc?.origins ?? [];
  app.use(pages(signInOrigins));
  app.use(limitFailedAuthentication(deps.rateLimit));
  const gates = { limit: limitRequests(deps.rateLimit), noteRefusal: createRefusalLog(metrics.registry) };
  app.use(mountEndpoints(endpoints, { ...deps, watching }, gates));
  app.use(nothingHere(signInOrigins));
  app.use(() => {
    throw new Problem('not-found', 'There is nothing at this address.');
  });
  app.use(answerProblem);
  return app;
}

/** What a listener of the metrics alone serves. */
export function createMetricsApp(metrics: Metrics): Express {
  return express().disable('x-powered-by').use(helmet(HELMET)).get('/metrics', metrics.page);
}

/** The service speaks plain HTTP behind whatever ends TLS, so browsers must not be told to upgrade. */
const HELMET = {
  contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
  strictTransportSecurity: false,
} as const;
