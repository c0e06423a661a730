import type { Request } from 'express';
import { Problem } from '../http/problem.ts';
import type { AccessRule } from './access.ts';
import type { Party } from './party.ts';
import type { VerifyToken } from './tokens.ts';

/**
 * The party of a request's bearer token. Throws `unauthorized` when there is none or it does not verify; why it does not is
 * in the log alone, and the token never.
 */
export async function authenticate(request: Request, verify: VerifyToken): Promise<Party> {
  const token = bearerToken(request.headers.authorization);
  if (token === undefined) throw unauthorized('Bearer', 'There is no bearer token in the Authorization header.');
  const party = await verify(token, (reason) => request.log.warn({ reason }, 'token refused'));
  if (!party) throw unauthorized('Bearer error="invalid_token"', 'The bearer token is not valid, or not any more.');
  return party;
}

/** Throws `forbidden` when the party's role, or its API key's scope, does not allow the endpoint. */
export function requireRole(party: Party, rule: AccessRule, method: string): void {
  if (rule.roles !== 'public' && !rule.roles.includes(party.role)) {
    throw new Problem('forbidden', `This is for the ${rule.roles.join(' or the ')}; the token is of a ${party.role}.`);
  }
  const needed = method === 'get' ? 'read' : 'write';
  if (party.scopes && !party.scopes.includes(needed)) {
    throw new Problem('forbidden', `The API key lacks the scope "${needed}".`);
  }
}

function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(header ?? '')?.[1];
}

function unauthorized(challenge: string, detail: string): Problem {
  const scheme = challenge.replace(/^Bearer/, 'Bearer realm="countersign"').replace('" error', '", error');
  return new Problem('unauthorized', detail, { headers: { 'WWW-Authenticate': scheme } });
}
