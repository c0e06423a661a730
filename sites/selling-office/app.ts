import express, { type ErrorRequestHandler, type Express } from 'express';
import helmet from 'helmet';
import { createSite } from '../../client/site.ts';
import { logRequests } from '../../client/site-process.ts';
import type { Deps } from './deps.ts';
import { handleMessage } from './messages/handle.ts';
import { keepReceipts } from './messages/receipts.ts';
import { pageRoutes } from './page/routes.ts';

/** The shop's server: what the office sends, its health, and the page of its people. */
export function createApp(deps: Deps): Express {
  const { party, key: signingKey, office, orm, logger } = deps;
  const onFault = (error: unknown) => logger.error(error, 'message not handled');
  const site = createSite({
    party,
    signingKey,
    office,
    handle: (message) => handleMessage(deps, message),
    receipts: keepReceipts(orm),
    onFault,
    now: () => deps.clock().getTime(),
  });
  const app = express();
  app.disable('x-powered-by');
  app.use(logRequests(logger), site.listener);
  app.get('/health', async (_request, response) => {
    const isWell = await orm.isConnected();
    response.status(isWell ? 200 : 503).json({ status: isWell ? 'ok' : 'the database is away' });
  });
  app.use(helmet({ hsts: false, contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }));
  app.use(pageRoutes(deps));
  app.use(failed(deps));
  return app;
}

function failed({ logger }: Deps): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    logger.error(error, 'request failed');
    response.status(500).end();
  };
}
