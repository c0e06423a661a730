import {
  createLocalJWKSet,
  createRemoteJWKSet,
  jwtVerify,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import { isRole, type Party } from './party.ts';
import { tokenFaultOf, type TokenFault } from './token-faults.ts';

/**
 * Turns a bearer token into the party that it speaks for; `undefined` when it does not verify. Why is told to `refused` alone:
 * it is for the log, never for the caller.
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
const PARTY_ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;

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
