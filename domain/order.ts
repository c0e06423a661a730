import type { MoneyJson } from './money.ts';
import type { CheckStatus } from './echeck.ts';
import type { CheckNumber, OrderId } from './ids.ts';
import type { Agent } from './party.ts';
import type { Stage } from './stages.ts';

/** What the buyer asks for: so many of a commodity. */
export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
}

/** A line with the seller's charge of the moment of ordering. */
export interface PricedLine extends OrderLine {
  readonly name: string;
  readonly unitPrice: MoneyJson;
  readonly total: MoneyJson;
}

/** Where the goods go. Personal data: travels and rests sealed; `salt` keeps the order digest from being guessed. */
export interface DeliverTo {
  readonly name: string;
  readonly street: string;
  readonly city: string;
  readonly postalCode: string;
  readonly country: string;
}

/** When the seller is paid: after the confirmed delivery, or right after the acceptance notice (claim 5 literally). */
export const SETTLE_ON = ['delivery', 'notice'] as const;
export type SettleOn = (typeof SETTLE_ON)[number];

/** What has become of the charge. */
export const PAYMENT_STATUSES = ['none', 'held', 'settled', 'voided', 'refunded'] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

/** What a request said beside what stands in the order's own columns: kept so that a lost workflow can begin again. */
export interface RequestDetails {
  readonly terminalId: string;
  /** SHA-256 over lines, address and salt, as it stands in the check. */
  readonly orderDigest: string;
  readonly expectedCharge?: MoneyJson;
  readonly presentation?: Agent;
  readonly payment?: Agent;
}

/** Every way in which the business says no to an order. Outcomes, not exceptions. */
export type RefusalCode =
  | 'credit-declined'
  | 'seller-not-registered'
  | 'distributor-not-registered'
  | 'unknown-commodity'
  | 'price-changed'
  | 'echeck-invalid'
  | 'refused-by-seller'
  | 'idempotency-key-reused';

/** Why an order was refused, as its parties read it. */
export interface OrderRefusal {
  readonly code: RefusalCode;
  readonly detail: string;
}

/** Why an order needs a person: shown in the API, the Temporal UI and found by one visibility query. */
export interface Attention {
  readonly step: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly since: string;
  readonly waitingOn: string;
}

/** The order as the HTTP contract shows it; `deliverTo` is added by whoever may open it. */
export interface OrderView {
  readonly id: OrderId;
  readonly stage: Stage;
  readonly attention: Attention | null;
  readonly refusal: OrderRefusal | null;
  readonly buyerId: string;
  readonly sellerId: string;
  readonly distributorId: string;
  /** Without prices until the order was priced. */
  readonly lines: readonly (OrderLine | PricedLine)[];
  readonly charge: MoneyJson | null;
  readonly deliverToSealed: string;
  readonly settleOn: SettleOn;
  readonly echeck: { number: CheckNumber; status: CheckStatus; expiresAt: string; jws: string } | null;
  readonly distribution: { deliverAt: string | null; status: string } | null;
  readonly payment: { status: PaymentStatus; amount: MoneyJson | null };
  readonly createdAt: string;
  readonly updatedAt: string;
}
