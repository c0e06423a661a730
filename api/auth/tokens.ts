import { decodeJwt, decodeProtectedHeader, jwtVerify, type JWTPayload, type ProtectedHeaderParameters } from 'jose';
import { RESERVED_PARTY_IDS, type ApiKeyScope, type Role } from '../../domain/party.ts';
import type { Scope } from '../../office/orders/index.ts';
import { API_KEY_PREFIX, findApiKey } from '../../office/registry/index.ts';
import type { Orm } from '../../platform/orm.ts';
import type { TokenIssuer } from './issuers.ts';
import {
  list,
  shown,
  tokenFaultOf,
  TokenIssuerError,
  TokenRefused,
  type TokenFault,
  type TokenRefusal,
} from './token-refusals.ts';
import { whoIs, type Bearer } from './who-is.ts';

/** Whoever speaks: the party of a verified token or API key. `Of` are the roles that it can have where it is used. */
export interface Party<Of extends Role = Role> extends Bearer {
  readonly role: Of;
  /** Set for API keys: which one, so that whatever lasts longer than a request can ask whether it is still good. */
  readonly apiKeyId?: string;
  /** Set for API keys: what the key may do. A token may do all that its role may. */
  readonly scopes?: readonly ApiKeyScope[];
}

/** What a party may find: its own, or, as an operator, everything. */
export function scopeOf({ id, role }: Party): Scope {
  return role === 'operator' ? { role } : { role, partyId: id };
}

/**
 * Turns a bearer token into the party that it speaks for; `undefined` when it does not verify. The reason goes to `refused`
 * alone: it is for the log, never for the caller.
 */
export type VerifyToken = (token: string, refused?: (refusal: TokenRefusal) => void) => Promise<Party | undefined>;

/** RFC 8725: only signatures, never a shared secret, never `none`. */
const ALGORITHMS = [
  'EdDSA',
  'Ed25519',
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
];
const CLOCK_TOLERANCE_SECONDS = 30;

/**
 * Verifies access tokens (and ID tokens, which some issuers have alone) of these issuers: signature, issuer, audience, expiry,
 * type, and that they name a party and a role. Throws `TokenIssuerError` when an issuer's keys cannot be fetched.
 */
export function tokenVerifier(...issuers: readonly TokenIssuer[]): VerifyToken {
  return async (token, refused) => {
    try {
      const header = headerOf(token);
      const issuer = issuerOf(token, issuers);
      return await whoIs(await verified(token, header, issuer), issuer);
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      refused?.(error);
      return undefined;
    }
  };
}

/** What can be said before any key is asked for. Throws `TokenRefused`. */
function headerOf(token: string): ProtectedHeaderParameters {
  const parts = token.split('.').length;
  if (parts === 5) throw malformed('it is encrypted, so it is meant for its issuer alone');
  if (parts !== 3) throw malformed('it is an opaque text, which only its issuer understands');
  const header = decoded(() => decodeProtectedHeader(token), 'its header is no JSON');
  const { alg, typ } = header;
  if (!ALGORITHMS.includes(alg ?? ''))
    throw new TokenRefused('algorithm', `alg is ${shown(alg)}; taken are ${list(ALGORITHMS)}`);
  if (!TYPES.includes(typ?.toLowerCase()))
    throw new TokenRefused('type', `typ is ${shown(typ)}: no access token, nor an ID token`);
  return header;
}

/** An e-check, or any other kind of signed document, is no access token (RFC 8725, 3.11). */
const TYPES: readonly (string | undefined)[] = [undefined, 'jwt', 'at+jwt', 'application/at+jwt'];

function malformed(found: string): TokenRefused {
  return new TokenRefused(
    'malformed',
    `no signed JWT: ${found}. The client must ask the issuer for a token of this API`,
  );
}

/** By what the token says, which its signature must then prove. Throws `TokenRefused` for an issuer that is none of ours. */
function issuerOf(token: string, issuers: readonly TokenIssuer[]): TokenIssuer {
  const { iss } = decoded(() => decodeJwt(token), 'its payload is no JSON object');
  const issuer = issuers.find((one) => one.issuer === iss);
  if (issuer) return issuer;
  const taken = list(issuers.map((one) => one.issuer));
  throw new TokenRefused('issuer', `iss is ${shown(iss)}; taken is ${taken} (TOKEN_ISSUER), character by character`);
}

function decoded<Part>(decode: () => Part, fault: string): Part {
  try {
    return decode();
  } catch {
    throw malformed(fault);
  }
}

/** The payload of a token that is good. Throws `TokenRefused`, `TokenIssuerError`. */
async function verified(token: string, header: ProtectedHeaderParameters, from: TokenIssuer): Promise<JWTPayload> {
  const { keys, issuer, audiences } = from;
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: [...audiences],
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['exp'],
    });
    requireBearer(payload);
    return payload;
  } catch (error) {
    if (error instanceof TokenRefused) throw error;
    const reason = tokenFaultOf(error);
    if (reason === undefined)
      throw new TokenIssuerError('the keys of the token issuer cannot be had', { cause: error });
    const found = EXPLANATIONS[reason]?.({ header, payload: decodeJwt(token), from }) ?? 'it is not as RFC 7519 has it';
    throw new TokenRefused(reason, `${found} (issuer ${issuer})`);
  }
}

/** Throws `TokenRefused` for a token that is good for something else. */
function requireBearer({ cnf, events }: JWTPayload): void {
  // RFC 9449, 7.2: whoever has stolen it must not be able to use it without the key.
  if (cnf !== undefined)
    throw new TokenRefused(
      'bound',
      'cnf is set: the token is bound to a key (DPoP, mutual TLS), a bearer token is needed',
    );
  if (events !== undefined)
    throw new TokenRefused('type', 'events is set: a security event (RFC 8417), such as a logout, is no access token');
}

interface Facts {
  readonly header: ProtectedHeaderParameters;
  readonly payload: JWTPayload;
  readonly from: TokenIssuer;
}

/** What was found, and what would have been right, of those faults that `jose` finds. */
const EXPLANATIONS: Partial<Record<TokenFault, (facts: Facts) => string>> = {
  audience: ({ payload: { aud }, from }) =>
    `aud is ${shown(aud)}; one of ${list(from.audiences)} must be in it (TOKEN_AUDIENCE)`,
  expired: ({ payload: { exp } }) => `exp is ${timeOf(exp)}, which is over`,
  no_expiry: ({ payload: { exp } }) => `exp is ${shown(exp)}; a time in seconds is required`,
  not_yet_valid: ({ payload: { nbf } }) => `nbf is ${timeOf(nbf)}, which is yet to come: do the clocks agree?`,
  unknown_key: ({ header: { kid, alg } }) => `kid is ${shown(kid)}; the issuer publishes no such key for ${shown(alg)}`,
  signature: ({ header: { kid } }) => `the signature is not by the issuer's key ${shown(kid)}`,
};

function timeOf(seconds: unknown): string {
  const isTime = typeof seconds === 'number' && Math.abs(seconds) < 8.64e12;
  return isTime ? new Date(seconds * 1000).toISOString() : shown(seconds);
}

/** Accepts machines' keys beside the issuer's tokens. A key is looked up on each request: revoked, it is out at once. */
export function withApiKeys(orm: Orm, verify: VerifyToken): VerifyToken {
  return async (token, refused) => {
    if (!token.startsWith(API_KEY_PREFIX)) return verify(token, refused);
    const key = await findApiKey(orm.em.fork(), token);
    if (!key) {
      refused?.({ reason: 'api_key', detail: 'there is no such API key, or it is revoked or expired' });
      return undefined;
    }
    const { id: apiKeyId, partyId: id, role, scopes, expiresAt } = key;
    // Of former versions, which made such keys: records would not say who acted.
    if (RESERVED_PARTY_IDS.includes(id)) {
      const detail = `${apiKeyId} is of ${id}, which stands for the service itself: its party needs another id, and another key`;
      refused?.({ reason: 'api_key', detail });
      return undefined;
    }
    return { id, role, scopes, apiKeyId, expiresAt: expiresAt === null ? undefined : Date.parse(expiresAt) };
  };
}
