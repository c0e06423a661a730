import { fileURLToPath } from 'node:url';
import express, { Router } from 'express';
import helmet from 'helmet';
import swaggerUi from 'swagger-ui-express';

/** The files of the page itself; Swagger UI's come from its package. */
const PAGE = fileURLToPath(new URL('page/', import.meta.url));

/**
 * The API description to read and try in a browser: Swagger UI, a choice of demo parties in the embedded mode, and a new
 * Idempotency-Key for each request. Every file comes from this service, so it works offline.
 */
export function docsPage(): Router {
  const router = Router();
  router.use(helmet.contentSecurityPolicy(POLICY), express.static(PAGE), ...swaggerUi.serve);
  return router;
}

/** Everything from here and nothing inline. Swagger UI draws its icons from `data:` addresses. */
const POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    formAction: ["'none'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
};
