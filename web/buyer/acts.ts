import type { Order } from '../../client/index.ts';

/** What a buyer can do with an order now. */
export interface BuyersActs {
  readonly present: boolean;
  /** After the seller's notice; whether it was done already stands in the timeline alone. */
  readonly indicatePayment: boolean;
  readonly stop: boolean;
  readonly cancel: boolean;
}

/** So long after the fixed date a delivery counts as overdue, and its buyer may cancel. */
const OVERDUE_AFTER_MS = 24 * 60 * 60 * 1000;

/** By the stage, as the API judges it: a click on what is out of date by then is refused without harm. */
export function buyersActs(order: Pick<Order, 'stage' | 'echeck' | 'distribution'>, now = Date.now()): BuyersActs {
  const { stage, echeck } = order;
  const status = echeck?.status;
  return {
    present: stage === 'check_issued' && status === 'issued',
    indicatePayment: stage === 'accepted',
    stop: (stage === 'check_issued' || stage === 'presented') && (status === 'issued' || status === 'presented'),
    cancel: CANCELLABLE.has(stage) || (stage === 'in_distribution' && isOverdue(order, now)),
  };
}

/** Before the goods leave. */
const CANCELLABLE: ReadonlySet<string> = new Set(['requested', 'check_issued', 'presented', 'accepted', 'scheduled']);

function isOverdue({ distribution }: Pick<Order, 'distribution'>, now: number): boolean {
  const deliverAt = distribution?.deliverAt;
  return typeof deliverAt === 'string' && now > Date.parse(deliverAt) + OVERDUE_AFTER_MS;
}
