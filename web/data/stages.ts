import type { components } from '../../client/index.ts';

export type Stage = components['schemas']['Stage'];

/** The stages in which an order is on its way, in their order. */
export const STAGES_ON_THE_WAY = [
  'requested',
  'check_issued',
  'presented',
  'accepted',
  'scheduled',
  'in_distribution',
  'delivered',
] as const satisfies readonly Stage[];

/** The stages in which an order has ended. */
export const ENDED_STAGES = [
  'completed',
  'declined',
  'rejected',
  'expired',
  'cancelled',
  'refunded',
] as const satisfies readonly Stage[];
