import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { partyOf } from '../auth/authorise.ts';
import { Problem } from './problem.ts';

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

/** Limits each party (an anonymous caller: each address) to so many requests a minute, with the standard headers. */
export function limitRequests(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: WINDOW_MS,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (request, response) => {
      const party = partyOf(response);
      return party ? `party:${party.id}` : `address:${ipKeyGenerator(request.ip ?? '')}`;
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
