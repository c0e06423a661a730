import type { CheckNumber, OrderId } from './ids.ts';
import type { MoneyJson } from './money.ts';

/** A check's life: `issued → presented → accepted → cleared → final`, or one of the endings after them. Its moves: migrations/0004-check-rules.sql. */
export const CHECK_STATUSES = [
  'issued',
  'presented',
  'accepted',
  'cleared',
  'final',
  'stopped',
  'expired',
  'voided',
  'returned',
  'refunded',
] as const;
export type CheckStatus = (typeof CHECK_STATUSES)[number];

/** Every reason for which the check office refuses a check. */
export const CHECK_REFUSALS = [
  'not_found',
  'bad_signature',
  'expired',
  'stopped',
  'voided',
  'wrong_payee',
  'altered',
  'already_presented',
  'account_frozen',
  'account_closed',
  'wrong_terminal',
] as const;
export type CheckRefusal = (typeof CHECK_REFUSALS)[number];

/** The JOSE `typ` and the only algorithm of a check (RFC 8725: both are pinned). */
export const CHECK_TYPE = 'echeck+jwt';
export const CHECK_ALGORITHM = 'EdDSA';

/** The terminal that ordered (claim 6): who, and from which terminal. */
export interface TerminalInformation {
  readonly buyerId: string;
  readonly terminalId: string;
}

/** The public Ed25519 key of a terminal (RFC 8037): exactly what its thumbprint covers (RFC 7638). */
export interface TerminalKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  /** 32 bytes, base64url. */
  readonly x: string;
}

/**
 * What a check says (claims 1, 6): the payload of its JWS beside `iss`, `jti` (the number), `aud` (the seller), `iat`,
 * `nbf` and `exp`.
 */
export interface CheckClaims {
  readonly number: CheckNumber;
  readonly orderId: OrderId;
  readonly terminal: TerminalInformation;
  /**
   * The thumbprint of the terminal's key to which it is bound (RFC 7800, the name as in RFC 9449): only what that key has signed
   * presents it. Absent: any terminal of its buyer presents it.
   */
  readonly cnf?: { readonly jkt: string };
  readonly sellerId: string;
  readonly distributorId: string;
  readonly charge: MoneyJson;
  /** SHA-256 (base64url) over the canonical JSON of lines, address and salt. */
  readonly orderDigest: string;
  /** RFC 3339 UTC; a check counts whole seconds. */
  readonly issuedAt: string;
  /** RFC 3339 UTC: from this second on the check is no longer valid. */
  readonly expiresAt: string;
}
