import type { AttentionReason } from './attention-reasons.ts';
import type { RefusalCode } from './order.ts';

/** The parties without whom a step cannot be taken, and whom the check office may suspend. */
export type TradingParty = 'seller' | 'distributor';

/** A step's answer when a party that it needs was suspended since the check was issued: nothing was done. */
export interface Suspended {
  readonly kind: 'suspended';
  readonly party: TradingParty;
}

/** Why the order needs a person meanwhile. */
export const SUSPENDED_REASONS = {
  seller: 'SellerSuspended',
  distributor: 'DistributorSuspended',
} as const satisfies Record<TradingParty, AttentionReason>;

/** With what the same party is refused for a new order. */
export const PARTY_REFUSED = {
  seller: 'seller-not-registered',
  distributor: 'distributor-not-registered',
} as const satisfies Record<TradingParty, RefusalCode>;
