import { errors } from 'jose';

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
export function tokenFaultOf(error: unknown): TokenFault | undefined {
  if (error instanceof errors.JWTClaimValidationFailed) return BY_CLAIM[error.claim] ?? 'claim';
  return error instanceof errors.JOSEError ? BY_CODE[error.code] : undefined;
}
