import type { RequestHandler } from 'express';
import swaggerUi from 'swagger-ui-express';

/** The API description to read and try in a browser. Every file comes from this service, so it works offline. */
export function docsPage(): RequestHandler[] {
  const options = { swaggerOptions: { url: '/openapi.json' }, customSiteTitle: 'Countersign API' };
  return [...swaggerUi.serveFiles(undefined, options), swaggerUi.setup(undefined, options)];
}
