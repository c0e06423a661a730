import type { Role } from '../../domain/party.ts';
import type { Scope as ReadingScope } from '../../office/orders/reading.ts';

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
  readonly scopes?: readonly Scope[];
}

/** What an API key may be allowed: `read` is every GET, `write` everything else. */
export const SCOPES = ['read', 'write'] as const;
export type Scope = (typeof SCOPES)[number];

/** What a party may find: its own, or, as an operator, everything. */
export function scopeOf({ id, role }: Party): ReadingScope {
  return role === 'operator' ? { role } : { role, partyId: id };
}
