import type { TokenSource } from './credentials.ts';

export type Role = 'buyer' | 'seller' | 'distributor' | 'operator';

/** Who is signed in. */
export interface Session {
  readonly partyId: string;
  readonly role: Role;
}

/** What signing in brings. */
export interface SignedIn {
  readonly session: Session;
  readonly token: TokenSource;
  /** What else signing out takes: ending the session at the issuer, for which the browser leaves the page. */
  readonly leave?: () => Promise<void>;
}
