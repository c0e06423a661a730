import express, { type ErrorRequestHandler, type Express } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { Site } from '../../client/site.ts';
import { logRequests } from '../../client/site-process.ts';
import type { Orm } from './database.ts';
import { pageRoutes } from './page/routes.ts';

export interface AppDeps {
  readonly site: Site;
  readonly orm: Orm;
  readonly clock: () => Date;
  readonly logger: Logger;
}

/** The company's server: what the office sends, its health, and the page of its people. */
export function createApp({ site, orm, clock, logger }: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(logRequests(logger), site.listener);
  app.get('/health', async (_request, response) => {
    const isWell = await orm.isConnected();
    response.status(isWell ? 200 : 503).json({ status: isWell ? 'ok' : 'the database is away' });
  });
  app.use(helmet({ hsts: false, contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }));
  app.use(pageRoutes({ orm, clock }));
  app.use(failed(logger));
  return app;
}

function failed(logger: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    logger.error(faultOf(error), 'request failed');
    response.status(500).type('text/plain').send('Something is wrong here. Try again later.\n');
  };
}

/** Of a fault its name alone: what a database says of it may hold what it was given. */
export function faultOf(error: unknown): { readonly fault: string } {
  const { name, code } = Object(error) as { readonly name?: unknown; readonly code?: unknown };
  return { fault: [name, code].filter((word) => typeof word === 'string').join(' ') };
}
