/** What a distributor reports. `delivered` comes as the signal `deliveryConfirmed`, the others as `distributionEvent`. */
export const DISTRIBUTION_KINDS = [
  'picked_up',
  'in_transit',
  'failed_attempt',
  'returned',
  'lost',
  'delivered',
] as const;
export type DistributionKind = (typeof DISTRIBUTION_KINDS)[number];

export interface DistributionReport {
  readonly eventId: string;
  readonly kind: DistributionKind;
  /** RFC 3339. */
  readonly occurredAt: string;
}

/** A distributor's report on its way: what it said, beside the report's kind and time. */
export interface SituationReport extends DistributionReport {
  readonly note?: string;
  /** A JWE: who received the goods is personal. */
  readonly receivedBySealed?: string;
}

/** The situation of a distribution. */
export type DistributionStatus = 'scheduled' | DistributionKind;

/** Higher rank wins; delivery never moves backwards. Proof of delivery outranks a report of loss. */
const RANK: Readonly<Record<DistributionStatus, number>> = {
  scheduled: 0,
  picked_up: 1,
  in_transit: 2,
  failed_attempt: 3,
  lost: 4,
  returned: 5,
  delivered: 6,
};

/**
 * The situation that a set of reports adds up to (claim 12): the highest rank. A maximum over a set does not depend on
 * order, repetition or delay, which is what makes the signals confluent.
 */
export function situationOf(reports: Iterable<DistributionReport>): DistributionStatus {
  let highest: DistributionStatus = 'scheduled';
  for (const report of reports) if (RANK[report.kind] > RANK[highest]) highest = report.kind;
  return highest;
}

/** The earliest confirmation of a delivery: the same one, whatever order they came in. */
export function firstConfirmation(reports: Iterable<SituationReport>): SituationReport | undefined {
  return [...reports]
    .filter(({ kind }) => kind === 'delivered')
    .toSorted((a, b) => a.occurredAt.localeCompare(b.occurredAt) || a.eventId.localeCompare(b.eventId))[0];
}

/** True for a situation that reports make, and for none that the office has put in its place, as that it was cancelled. */
export function isSituation(status: string): status is DistributionStatus {
  return Object.hasOwn(RANK, status);
}

/** True when a report of `kind` says more than the situation. */
export function outranks(kind: DistributionKind, situation: DistributionStatus): boolean {
  return RANK[kind] > RANK[situation];
}

/** True when the situation decides the delivery: complete, or never to be. */
export function isDecided(status: DistributionStatus): status is 'delivered' | 'returned' | 'lost' {
  return RANK[status] >= RANK.lost;
}

/** True for a report that changes what is done next; the others only say where the goods are. */
export function isDecisive(kind: DistributionKind): boolean {
  return RANK[kind] >= RANK.failed_attempt;
}

/** True when the goods have left: then a buyer can no longer simply cancel. */
export function isOnTheWay(status: DistributionStatus): boolean {
  return RANK[status] >= RANK.picked_up;
}

/** The step and reason under which an ended order needs an operator: a report came that does not fit its end. */
export const REPORT_AFTER_END = { step: 'delivery', reason: 'ReportAfterEnd' } as const;

/**
 * True when a report about goods whose order has ended contradicts that end: goods that are said to travel or arrive though
 * their order was cancelled or refunded, or to be lost after they were delivered. Late scans of what is known are not.
 */
export function isUnexpectedAfterEnd(before: DistributionStatus, kind: DistributionKind): boolean {
  if (before === 'delivered') return kind === 'lost' || kind === 'returned' || kind === 'failed_attempt';
  return !isDecided(before) || outranks(kind, before);
}
