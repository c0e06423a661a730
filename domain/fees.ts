import { shareOf } from './money.ts';

const BASIS_POINTS = 10_000n;

/** The office's fee on what a seller is paid, in minor units; halves round up (the ledger's SQL computes the same). */
export function feeOn(capturedMinor: bigint, feeBasisPoints: number): bigint {
  return shareOf(capturedMinor, BigInt(feeBasisPoints), BASIS_POINTS, 'half_up');
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
  const due = shareOf(order.feeMinor, order.refundedAfterMinor, order.settledMinor, 'half_up');
  return due - order.feeReturnedMinor;
}
