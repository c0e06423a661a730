import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Router, type RequestHandler } from 'express';
import helmet from 'helmet';
import sirv from 'sirv';
import { Problem } from './http/problem.ts';

/** Where the set-up builds the desks (`npm run web`). */
const BUILT = fileURLToPath(new URL('../web/dist/', import.meta.url));

/** The addresses at which the desks' one page stands; which desk to show it finds out itself. */
const ROUTES = ['/', '/buyer', '/seller', '/distributor', '/office', '/orders/:orderId'];

/**
 * The desks: one page with its scripts and styles, as the set-up has built them, compressed beforehand. `signInOrigins` are those of the
 * issuer at which people sign in: beside this service itself the page may call these, and no others.
 */
export function pages(signInOrigins: readonly string[]): Router {
  // As the page itself reads an address: `/Buyer/` is `/buyer`.
  const router = Router({ caseSensitive: false, strict: false });
  const security = securityOf(signInOrigins);
  // `dev`: what is there is looked up at each request, for `npm run web` may build the page while this serves it.
  const built = sirv(BUILT, { dev: true, gzip: true, brotli: true, etag: true, setHeaders: keepFor });
  const files: RequestHandler = (request, response, next) => {
    response.once('pipe', (file: Readable) => file.once('error', () => response.destroy()));
    built(request, response, next);
  };
  router.get('/favicon.svg', files);
  // Their names change with their content.
  router.get('/assets/*file', files);
  router.get(ROUTES, needBuilt, security, (request, response, next) => {
    request.url = '/index.html';
    files(request, response, next);
  });
  return router;
}

/** An address at which there is nothing: whoever reads it in a browser gets the page that says so, programs the problem that follows. */
export function nothingHere(signInOrigins: readonly string[]): Router {
  const router = Router();
  router.get(/^(?!\/v1\/)/, onlyForPeople, securityOf(signInOrigins), (_request, response) => {
    response.status(404).set('Cache-Control', 'no-cache').sendFile(join(BUILT, 'index.html'));
  });
  return router;
}

const onlyForPeople: RequestHandler = (request, _response, next) => {
  const isForPeople = request.accepts(['json', 'html']) === 'html' && existsSync(join(BUILT, 'index.html'));
  next(isForPeople ? undefined : 'router');
};

function securityOf(signInOrigins: readonly string[]): RequestHandler {
  const contentSecurityPolicy = { useDefaults: false, directives: directivesOf(signInOrigins) };
  return helmet({ contentSecurityPolicy, strictTransportSecurity: false });
}

/** No inline script, no inline style, nothing from elsewhere. */
function directivesOf(signInOrigins: readonly string[]) {
  const self = ["'self'"];
  const none = ["'none'"];
  return {
    defaultSrc: none,
    scriptSrc: self,
    styleSrc: self,
    // Pico draws the arrow of a select and the like by pictures within its style sheet.
    imgSrc: [...self, 'data:'],
    connectSrc: [...self, ...signInOrigins],
    formAction: none,
    baseUri: none,
    frameAncestors: none,
    objectSrc: none,
  };
}

function keepFor(response: { setHeader(name: string, value: string): void }, path: string): void {
  const forever = path.startsWith('/assets/');
  response.setHeader('Cache-Control', forever ? 'public, max-age=31536000, immutable' : 'no-cache');
}

const needBuilt: RequestHandler = (_request, _response, next) => {
  if (existsSync(join(BUILT, 'index.html'))) return next();
  next(new Problem('not-found', 'The desks have not been built: run `npm run web`, and load this page again.'));
};
