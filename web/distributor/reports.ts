import type { components, Order } from '../../client/index.ts';

export type ReportKind = components['schemas']['DistributionEvent']['kind'];

export const REPORT_NAMES: Readonly<Record<ReportKind, string>> = {
  picked_up: 'Picked up',
  in_transit: 'In transit',
  failed_attempt: 'Failed attempt',
  delivered: 'Delivered',
  returned: 'Returned',
  lost: 'Lost',
};

/** What a distributor can report of an order now: how it goes on, and, set apart, that it will never arrive. */
export interface PossibleReports {
  readonly onTheWay: readonly ReportKind[];
  readonly never: readonly ReportKind[];
  /** The order has ended: what is reported now is for the check office to look at. */
  readonly afterEnd: boolean;
}

const NOTHING: PossibleReports = { onTheWay: [], never: [], afterEnd: false };
const NEVER = ['returned', 'lost'] as const;

/** What the situation has not said yet; another attempt may always fail, and after one the goods go out again. */
const NEXT: Readonly<Record<string, readonly ReportKind[]>> = {
  scheduled: ['picked_up', 'in_transit', 'delivered', 'failed_attempt'],
  picked_up: ['in_transit', 'delivered', 'failed_attempt'],
  in_transit: ['delivered', 'failed_attempt'],
  failed_attempt: ['in_transit', 'delivered', 'failed_attempt'],
};

/** By the order's stage and the situation of its distribution. Goods are reported from the fixed date on. */
export function possibleReports({ stage, distribution }: Pick<Order, 'stage' | 'distribution'>): PossibleReports {
  if (stage === 'scheduled' || stage === 'in_distribution') {
    const onTheWay = NEXT[distribution?.status ?? 'scheduled'];
    return onTheWay ? { onTheWay, never: NEVER, afterEnd: false } : NOTHING;
  }
  // Goods may travel on, or come back, though their order has ended.
  if (!distribution?.deliverAt) return NOTHING;
  if (stage === 'completed') return { onTheWay: [], never: NEVER, afterEnd: true };
  if (stage === 'cancelled' || stage === 'refunded') return { onTheWay: ['delivered'], never: NEVER, afterEnd: true };
  return NOTHING;
}
