/** The stages of an order, in the order in which a good one goes through them, then the early endings. */
export const STAGES = [
  'requested',
  'check_issued',
  'presented',
  'accepted',
  'scheduled',
  'in_distribution',
  'delivered',
  'completed',
  'declined',
  'rejected',
  'expired',
  'cancelled',
  'refunded',
] as const;

export type Stage = (typeof STAGES)[number];

/** The one table of allowed moves. What is not listed cannot happen. */
export const MOVES: Readonly<Record<Stage, readonly Stage[]>> = {
  requested: ['check_issued', 'declined', 'rejected', 'cancelled', 'expired'],
  check_issued: ['presented', 'rejected', 'cancelled', 'expired'],
  presented: ['accepted', 'rejected', 'cancelled', 'expired'],
  accepted: ['scheduled', 'cancelled', 'expired', 'refunded'],
  scheduled: ['in_distribution', 'delivered', 'cancelled', 'refunded'],
  in_distribution: ['delivered', 'cancelled', 'refunded'],
  delivered: ['completed'],
  completed: ['refunded'],
  declined: [],
  rejected: [],
  expired: [],
  cancelled: [],
  refunded: [],
};

/** True when an order in `from` may move to `to`. */
export function mayMove(from: Stage, to: Stage): boolean {
  return MOVES[from].includes(to);
}

/** True when the order's workflow has ended; only a refund may still change a `completed` one. */
export function isEnded(stage: Stage): boolean {
  return stage === 'completed' || MOVES[stage].length === 0;
}

/** Every stage in which the order's workflow has ended, and every other one: for statements and for readers from outside. */
export const ENDED_STAGES: readonly Stage[] = STAGES.filter(isEnded);
export const OPEN_STAGES: readonly Stage[] = STAGES.filter((stage) => !isEnded(stage));
