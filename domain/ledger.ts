import { shareOf, type Currency } from './money.ts';
import { ACCOUNT_HOLDERS, type AccountHolder } from './party.ts';

/** What an account is for. Parties own `buyer` and `seller` accounts; the office owns the other kinds, one a currency. */
export const ACCOUNT_KINDS = [...ACCOUNT_HOLDERS, 'fees', 'clearing', 'world'] as const;
export type OfficeAccountKind = Exclude<(typeof ACCOUNT_KINDS)[number], AccountHolder>;

/** What a transfer does; the ledger's trigger holds the rules of each kind. */
export const TRANSFER_KINDS = [
  'deposit',
  'withdrawal',
  'payout',
  'hold',
  'capture',
  'void',
  'expire',
  'refund',
] as const;
export type TransferKind = (typeof TRANSFER_KINDS)[number];

/** A movement of money, a hold, or the resolution of a hold, about to be written. */
export interface NewTransfer {
  /** Unique permanently. The same key with the same body is the same transfer; with another body it is refused. */
  readonly key: string;
  readonly kind: TransferKind;
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  readonly amountMinor: bigint;
  /** The office's part of a capture or a refund. Default: none. */
  readonly feeMinor?: bigint;
  readonly currency: Currency;
  /** The hold that a capture, void or expire resolves. */
  readonly holdId?: bigint;
  readonly orderId?: string;
  readonly checkNumber?: string;
  readonly reason?: string;
}

/** Why the ledger said no. Nothing has been written. */
export type LedgerRefusalCode =
  | 'insufficient_funds'
  | 'account_not_open'
  | 'hold_not_open'
  /** The check office has no record of the completion that releases the payment (claim 23). */
  | 'completion_missing'
  | 'key_reused'
  | 'rule';

/** A business no of the ledger. PostgreSQL has ended the transaction: the caller rolls back and answers. */
export class LedgerRefusal extends Error {
  readonly code: LedgerRefusalCode;

  constructor(code: LedgerRefusalCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = 'LedgerRefusal';
    this.code = code;
  }
}

/** The id of one of the office's own accounts, e.g. `office:world:EUR`. */
export function officeAccountId(kind: OfficeAccountKind, currency: Currency): string {
  return `office:${kind}:${currency}`;
}

/**
 * The part of its fee that the office gives back with a refund. Computed from the order's sums, so that any sequence of
 * refunds gives back the same fee, and a full refund all of it.
 */
export function feeReturned(order: {
  settledMinor: bigint;
  feeMinor: bigint;
  feeReturnedMinor: bigint;
  refundedAfterMinor: bigint;
}): bigint {
  const due = shareOf(order.feeMinor, order.refundedAfterMinor, order.settledMinor);
  return due - order.feeReturnedMinor;
}
