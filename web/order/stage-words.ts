import type { Order } from '../../client/index.ts';
import type { Stage } from '../data/stages.ts';

/** What each stage means, for people. */
export const STAGE_MEANING: Readonly<Record<Stage, string>> = {
  requested: 'Ordered; credit and registrations are being judged',
  check_issued: 'The electronic check is issued',
  presented: 'The check lies before the seller',
  accepted: 'The seller has promised the goods',
  scheduled: 'The delivery is fixed',
  in_distribution: 'The goods are on their way',
  delivered: 'The goods are delivered',
  completed: 'Delivered and paid',
  declined: 'Declined: the account does not cover it',
  rejected: 'Refused by the seller, a registry or the check office',
  expired: 'Nobody acted in time',
  cancelled: 'Called off',
  refunded: 'The money was given back',
};

/** Who must act now, and what they do. `check-office` is the service itself. */
export interface NextAct {
  readonly party: string;
  /** Follows `Waiting for … `: `to accept or refuse`. */
  readonly what: string;
}

/** Whom an order waits for; `undefined` once it has ended, and while something else than a party holds it up (its attention). `paymentIndicated`: as far as its timeline tells. */
export function nextAct(order: Order, paymentIndicated: boolean): NextAct | undefined {
  const { stage, buyerId, sellerId, distributorId } = order;
  if (order.attention) return undefined;
  switch (stage) {
    case 'requested':
      return { party: OFFICE, what: 'to judge credit and registrations' };
    case 'check_issued':
      return { party: buyerId, what: 'to present the check' };
    case 'presented':
      return { party: sellerId, what: 'to accept or refuse' };
    case 'accepted':
      return paymentIndicated
        ? { party: distributorId, what: 'to fix date and time' }
        : { party: buyerId, what: 'to indicate the payment' };
    case 'scheduled':
      return { party: distributorId, what: 'to pick the goods up' };
    case 'in_distribution':
      return { party: distributorId, what: 'to deliver' };
    case 'delivered':
      return order.payment?.status === 'held'
        ? { party: sellerId, what: 'to demand the payment' }
        : { party: OFFICE, what: 'to close the order' };
    case 'completed':
    case 'declined':
    case 'rejected':
    case 'expired':
    case 'cancelled':
    case 'refunded':
      return undefined;
  }
}

export const OFFICE = 'check-office';
