import type { TerminalKey } from './echeck.ts';
import type { OrderId } from './ids.ts';
import type { MoneyJson } from './money.ts';
import type { DeliverTo, OrderLine, Stage } from './order.ts';

/*
 * What the check office sends to a party's own server, and what that server signs for: the transmissions of the claims as
 * messages and receipts. Both are compact JWS (EdDSA).
 */

/** The JOSE types of the network (RFC 8725, section 3.11: each is checked). */
export const JOSE_TYPES = {
  message: 'party-message+jwt',
  receipt: 'party-receipt+jwt',
  /** The seller's word to the distributor (claim 9). */
  instruction: 'instruction+jwt',
  /** A bound terminal's word to the seller (claims 1, 8). */
  presentation: 'presentation+jwt',
} as const;

/** The media type of a message and of its receipt (RFC 7515, section 9.2.1). */
export const JOSE_MEDIA_TYPE = 'application/jose';

/**
 * What a server may answer, and how long it may take: from the look-up of its name to the last byte. The promise of an order of a
 * thousand lines, whose instruction names each of them, fits. Key sets are kept in memory, and so are smaller.
 */
export const RECEIPT_LIMITS = {
  bytes: 512 * 1024,
  keyBytes: 64 * 1024,
  timeoutMs: 10_000,
  clockSkewMs: 5 * 60 * 1000,
} as const;

/** What a receipt may say, by the kind of its message. */
export const VERDICTS = {
  presentation: ['promised', 'refused', 'later'],
  payment_indicated: ['received'],
  completed: ['received'],
  paid: ['received'],
  ended: ['received'],
  instruction: ['scheduled', 'refused', 'later'],
  schedule_again: ['scheduled', 'received'],
  withdrawn: ['received'],
} as const;
export type MessageKind = keyof typeof VERDICTS;
export type Verdict = (typeof VERDICTS)[MessageKind][number];

export const MESSAGE_KINDS = [
  'presentation',
  'payment_indicated',
  'completed',
  'paid',
  'ended',
  'instruction',
  'schedule_again',
  'withdrawn',
] as const satisfies readonly MessageKind[];
export const ALL_VERDICTS = [
  'promised',
  'refused',
  'later',
  'received',
  'scheduled',
] as const satisfies readonly Verdict[];

/** To whom a message of that kind goes. */
export const RECIPIENT = {
  presentation: 'seller',
  payment_indicated: 'seller',
  completed: 'seller',
  paid: 'seller',
  ended: 'seller',
  instruction: 'distributor',
  schedule_again: 'distributor',
  withdrawn: 'distributor',
} as const satisfies Record<MessageKind, 'seller' | 'distributor'>;

/** Check, order and delivery address in one message (claims 1, 8); of a bound terminal with its own signed word. */
export interface PresentationBody {
  readonly echeck: string;
  readonly lines: readonly OrderLine[];
  readonly deliverTo: DeliverTo;
  readonly charge: MoneyJson;
  readonly presentation?: string;
  /** The key that signed `presentation`: the check holds its thumbprint (`cnf.jkt`). */
  readonly terminalKey?: TerminalKey;
}

/** What each kind of message says. Times are RFC 3339. */
export interface MessageBodies {
  readonly presentation: PresentationBody;
  /** The payment of the charge by this check (claim 4). */
  readonly payment_indicated: { readonly number: string; readonly amount: MoneyJson };
  /** Claim 12. */
  readonly completed: { readonly deliveredAt: string };
  readonly paid: { readonly number: string; readonly amount: MoneyJson };
  readonly ended: { readonly stage: Stage; readonly reason: string };
  /** The seller's own JWS (claims 9, 11). */
  readonly instruction: { readonly instruction: string };
  readonly schedule_again: { readonly attempt: number; readonly failedAt: string };
  readonly withdrawn: { readonly reason: string };
}

/** What a good receipt came to. */
export type ReceiptAnswer =
  | { readonly verdict: 'promised'; readonly instruction: string }
  | { readonly verdict: 'refused'; readonly reason: string }
  | { readonly verdict: 'scheduled'; readonly deliverAt: string }
  | { readonly verdict: 'later' }
  | { readonly verdict: 'received' };

/** Why there is no receipt. Each is a reason that the order's attention shows (docs/operations.md). */
export const TRANSMISSION_FAULTS = [
  'BadReceipt',
  'SiteUnreachable',
  'SiteKeysUnavailable',
  'SiteForbidden',
  'NotValidated',
  'OutsideService',
] as const;
export type TransmissionFault = (typeof TRANSMISSION_FAULTS)[number];

/** Marks a failure that ends a row of attempts only because the order does not show yet what is wrong. */
export const NEWS = 'news';

/** Why the last attempt brought no receipt. `detail` is one short line without personal data; `at` RFC 3339. */
export interface FaultOnRecord {
  readonly reason: TransmissionFault;
  readonly detail: string;
  readonly at: string;
}

/** The public Ed25519 key of a party (RFC 8037). */
export interface PartyKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid?: string;
}

/** The `jti` of a message: the same on every try. `attempt` where one order has several of a kind. */
export function messageId(orderId: OrderId, kind: MessageKind, attempt?: number): string {
  return [orderId, kind, ...(attempt === undefined ? [] : [attempt])].join(':');
}
