/** The four parties of an order (claims 1, 8): who a token or an API key speaks for. */
export const ROLES = ['buyer', 'seller', 'distributor', 'operator'] as const;
export type Role = (typeof ROLES)[number];

export function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value);
}

/**
 * Who is on record, or is waited for, without being a party: the check office, the service itself, an anonymous sender in
 * Temporal, and any operator or distributor. No party may have such an id, or records would not say who acted.
 */
export const RESERVED_PARTY_IDS: readonly string[] = [
  'check-office',
  'office',
  'service',
  'temporal',
  'operator',
  'distributor',
];

/**
 * `auto`: the service acts for the party at once, by its registered rules; `manual`: the workflow waits for the party; `site`: the
 * party has a server of its own, which gets signed messages and signs for each of them.
 */
export const AGENTS = ['auto', 'manual', 'site'] as const;
export type Agent = (typeof AGENTS)[number];

/** A buyer's own server is its terminal, which comes to the office and is never called. */
export const BUYER_AGENTS = ['auto', 'manual'] as const satisfies readonly Agent[];
export type BuyerAgent = (typeof BUYER_AGENTS)[number];

/** What an API key may be allowed: `read` is every GET, `write` everything else. */
export const API_KEY_SCOPES = ['read', 'write'] as const;
export type ApiKeyScope = (typeof API_KEY_SCOPES)[number];

/** Whether a registered seller or distributor takes part in new orders. */
export const REGISTRATION_STATUSES = ['active', 'suspended'] as const;
export type RegistrationStatus = (typeof REGISTRATION_STATUSES)[number];

/** The parties that have an account at the check office. */
export const ACCOUNT_HOLDERS = ['buyer', 'seller'] as const satisfies readonly Role[];
export type AccountHolder = (typeof ACCOUNT_HOLDERS)[number];

/** What becomes of an account: only an open one takes part in new orders; a frozen one still keeps what it has promised. Both may be opened again. */
export const ACCOUNT_STATUSES = ['open', 'frozen', 'closed'] as const;
export type AccountStatus = (typeof ACCOUNT_STATUSES)[number];
