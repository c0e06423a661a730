import { isDecided, outranks, type DistributionKind, type DistributionStatus } from './delivery.ts';

/** The step and reason under which an ended order needs an operator: a report came that does not fit its end. */
export const REPORT_AFTER_END = { step: 'delivery', reason: 'ReportAfterEnd' } as const;

/**
 * True when a report about goods whose order has ended is news to somebody: goods that are said to travel or arrive though
 * their order was cancelled or refunded, or to be lost after they were delivered. Late scans of what is known are not.
 */
export function isUnexpectedAfterEnd(before: DistributionStatus, kind: DistributionKind): boolean {
  if (before === 'delivered') return kind === 'lost' || kind === 'returned' || kind === 'failed_attempt';
  return !isDecided(before) || outranks(kind, before);
}
