import type { CheckStatus } from '../../domain/echeck.ts';

/** The moves that a check may make, as the design has them; a trigger (migrations/0004) refuses every other one. */
export const CHECK_MOVES: Readonly<Record<CheckStatus, readonly CheckStatus[]>> = {
  issued: ['presented', 'stopped', 'expired', 'voided'],
  presented: ['accepted', 'stopped', 'expired', 'voided'],
  accepted: ['cleared', 'voided', 'returned'],
  cleared: ['final', 'refunded', 'returned'],
  final: ['refunded'],
  stopped: [],
  expired: [],
  voided: [],
  returned: [],
  refunded: [],
};

/** True when a check in `from` may move to `to`. */
export function mayCheckMove(from: CheckStatus, to: CheckStatus): boolean {
  return CHECK_MOVES[from].includes(to);
}
