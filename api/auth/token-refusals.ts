import { errors } from 'jose';

/**
 * Why a credential is refused, for the log: the part of it that is wrong or missing. `type` is another kind of document,
 * `bound` a token that needs a proof of its key, `sub` one that names nobody here, `role` one without a role of ours or with
 * several, `terminal` one whose terminal is no text, `api_key` an unknown, revoked or expired key.
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
  | 'terminal'
  | 'type'
  | 'bound'
  | 'claim'
  | 'api_key';

/** A refused credential, as the log shows it and nobody else sees it. */
export interface TokenRefusal {
  readonly reason: TokenFault;
  /** What was found, and what would have been right: names and addresses, never the token, a person's name or its subject. */
  readonly detail: string;
}

/** Thrown where a token turns out not to be good. */
export class TokenRefused extends Error implements TokenRefusal {
  override readonly name = 'TokenRefused';
  readonly reason: TokenFault;

  constructor(reason: TokenFault, detail: string) {
    super(detail);
    this.reason = reason;
  }

  get detail(): string {
    return this.message;
  }
}

/** The issuer's keys cannot be had: whether a token is good nobody can say. */
export class TokenIssuerError extends Error {
  override readonly name = 'TokenIssuerError';
}

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
};

/** What `jose` found wrong with a token; `undefined` for an error that is no fault of the token, such as keys that cannot be had. */
export function tokenFaultOf(error: unknown): TokenFault | undefined {
  if (error instanceof errors.JWTClaimValidationFailed) return BY_CLAIM[error.claim] ?? 'claim';
  return error instanceof errors.JOSEError ? BY_CODE[error.code] : undefined;
}

/** What a name in a token may look like and be shown: no blank and no `@`, so that it is no person's. */
const NAME = /^[\w./:|+~$#-]{1,120}$/;
const MOST_SHOWN = 10;

/** A claim for the log: names as they are, everything else by what kind of thing it is. */
export function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return NAME.test(value) ? `"${value}"` : `${kindOf(value)} (not shown)`;
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  if (!Array.isArray(value)) return 'an object';
  const items = value.slice(0, MOST_SHOWN).map((item) => (Array.isArray(item) ? 'a list' : shown(item)));
  return `[${[...items, ...(value.length > MOST_SHOWN ? ['…'] : [])].join(', ')}]`;
}

/** What a person's claim is like, without what it says. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value !== 'string') return Array.isArray(value) ? `a list of ${value.length}` : `of type ${typeof value}`;
  if (value.includes('@')) return 'an e-mail address or the like';
  return `a text of ${value.length} characters`;
}

export function list(names: Iterable<string>): string {
  return [...names].map((name) => `"${name}"`).join(', ');
}
