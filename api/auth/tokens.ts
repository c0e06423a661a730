import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  jwtVerify,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import { ROLES, type ApiKeyScope, type Role } from '../../domain/party.ts';
import { API_KEY_PREFIX, findApiKey } from '../../office/registry/index.ts';
import type { Orm } from '../../platform/orm.ts';
import { PARTY_ID } from '../http/parsing.ts';
import type { Scope } from '../../office/orders/index.ts';

/** Whoever speaks: the party of a verified token or API key. `Of` are the roles that it can have where it is used. */
export interface Party<Of extends Role = Role> {
  readonly id: string;
  readonly role: Of;
  /** The terminal that the token was given to (claim 6), where its issuer says so. */
  readonly terminalId?: string;
  /** When the credential ends, in milliseconds since the epoch. */
  readonly expiresAt?: number;
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
export type VerifyToken = (token: string, refused?: (fault: TokenFault) => void) => Promise<Party | undefined>;

export interface TokenIssuer {
  readonly keys: JWTVerifyGetKey;
  readonly issuer: string;
  readonly audience: string;
}

/** The issuer's keys cannot be had: whether a token is good nobody can say. */
export class TokenIssuerError extends Error {
  override readonly name = 'TokenIssuerError';
}

/** RFC 8725: only signatures, never a shared secret, never `none`. */
const ALGORITHMS = ['EdDSA', 'Ed25519', 'ES256', 'ES384', 'ES512', 'RS256', 'PS256', 'PS384', 'PS512'];
const CLOCK_TOLERANCE_SECONDS = 30;

/** An OIDC issuer's keys, fetched and cached by `jose`. */
export function remoteIssuer(settings: { jwksUrl: string; issuer: string; audience: string }): TokenIssuer {
  const keys = createRemoteJWKSet(new URL(settings.jwksUrl), { timeoutDuration: 5_000, cooldownDuration: 30_000 });
  return { keys, issuer: settings.issuer, audience: settings.audience };
}

export function localIssuer(jwks: JSONWebKeySet, issuer: string, audience: string): TokenIssuer {
  return { keys: createLocalJWKSet(jwks), issuer, audience };
}

/**
 * Verifies access tokens of one issuer: signature, issuer, audience, expiry, type, and that they name a party and a role.
 * Throws `TokenIssuerError` when the issuer's keys cannot be fetched.
 */
export function tokenVerifier({ keys, issuer, audience }: TokenIssuer): VerifyToken {
  return async (token, refused) => {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['sub', 'exp', 'role'],
      });
      const party = isAccessToken(protectedHeader.typ) ? partyOf(payload) : 'type';
      if (typeof party === 'object') return party;
      refused?.(party);
      return undefined;
    } catch (error) {
      const fault = tokenFaultOf(error);
      if (fault === undefined)
        throw new TokenIssuerError('the keys of the token issuer cannot be had', { cause: error });
      refused?.(fault);
      return undefined;
    }
  };
}

/** An e-check, or any other kind of signed document, is no access token (RFC 8725, 3.11). */
function isAccessToken(type: string | undefined): boolean {
  return type === undefined || ['jwt', 'at+jwt', 'application/at+jwt'].includes(type.toLowerCase());
}

function partyOf(payload: JWTPayload): Party | TokenFault {
  const { sub, role, terminal, exp } = payload;
  if (typeof sub !== 'string' || !PARTY_ID.test(sub)) return 'sub';
  if (!isRole(role)) return 'role';
  const terminalId = typeof terminal === 'string' && terminal.length <= 100 ? terminal : undefined;
  return { id: sub, role, terminalId, expiresAt: exp === undefined ? undefined : exp * 1000 };
}

/** Accepts machines' keys beside the issuer's tokens. A key is looked up on each request: revoked, it is out at once. */
export function withApiKeys(orm: Orm, verify: VerifyToken): VerifyToken {
  return async (token, refused) => {
    if (!token.startsWith(API_KEY_PREFIX)) return verify(token, refused);
    const key = await findApiKey(orm.em.fork(), token);
    if (!key) {
      refused?.('api_key');
      return undefined;
    }
    const { id: apiKeyId, partyId: id, role, scopes, expiresAt } = key;
    return { id, role, scopes, apiKeyId, expiresAt: expiresAt === null ? undefined : Date.parse(expiresAt) };
  };
}

/**
 * Why a credential is refused, for the log: the claim or the part of it that is wrong or missing. `type` is another kind of
 * signed document, `sub` no party id of ours, `role` none of our roles, `api_key` an unknown, revoked or expired key.
 */
export type TokenFault =
  | 'malformed'
  | 'algorithm'
  | 'signature'
  | 'unknown_key'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'not_yet_valid'
  | 'no_expiry'
  | 'sub'
  | 'role'
  | 'type'
  | 'claim'
  | 'api_key';

const BY_CODE: Readonly<Record<string, TokenFault>> = {
  [errors.JWTExpired.code]: 'expired',
  [errors.JWSSignatureVerificationFailed.code]: 'signature',
  [errors.JWKSNoMatchingKey.code]: 'unknown_key',
  [errors.JWKSMultipleMatchingKeys.code]: 'unknown_key',
  [errors.JOSEAlgNotAllowed.code]: 'algorithm',
  [errors.JOSENotSupported.code]: 'algorithm',
  [errors.JWTInvalid.code]: 'malformed',
  [errors.JWSInvalid.code]: 'malformed',
};

const BY_CLAIM: Readonly<Record<string, TokenFault>> = {
  iss: 'issuer',
  aud: 'audience',
  nbf: 'not_yet_valid',
  exp: 'no_expiry',
  sub: 'sub',
  role: 'role',
};

/** What is wrong with a token; `undefined` for an error that is no fault of the token, such as keys that cannot be had. */
function tokenFaultOf(error: unknown): TokenFault | undefined {
  if (error instanceof errors.JWTClaimValidationFailed) return BY_CLAIM[error.claim] ?? 'claim';
  return error instanceof errors.JOSEError ? BY_CODE[error.code] : undefined;
}

export function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value);
}
