import type { SettleOn } from './order.ts';

/** When a seller is paid, by its registration: always so, or as each buyer chooses. */
export const SETTLE_POLICIES = ['delivery', 'notice', 'buyer_chooses'] as const;
export type SettlePolicy = (typeof SETTLE_POLICIES)[number];

/** Who demands a seller's payment: the office in its name, as soon as it is due, or the seller itself. */
export const PAYMENT_DEMANDS = ['auto', 'own'] as const;
export type PaymentDemanding = (typeof PAYMENT_DEMANDS)[number];

/**
 * When the seller is paid for an order; `undefined` when it does not offer what the buyer asks for. Where the buyer says nothing it is as the
 * seller has it, and on delivery where the seller leaves the choice.
 */
export function settlementFor(policy: SettlePolicy, asked: SettleOn | undefined): SettleOn | undefined {
  if (policy === 'buyer_chooses') return asked ?? 'delivery';
  return asked === undefined || asked === policy ? policy : undefined;
}
