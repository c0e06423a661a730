import type { Order } from '../../client/index.ts';

/** What a seller may do with an order now. */
export interface SellersActs {
  readonly decide: boolean;
  readonly demandPayment: boolean;
  readonly refund: boolean;
}

type Facts = Pick<Order, 'stage' | 'settleOn' | 'payment'>;

/**
 * By stage, payment and who demands the seller's payment: decided is once, when the check was presented; demanded by a seller whose
 * registration says so (`own`), when it is due; given back is what was settled.
 */
export function sellersActs(order: Facts, paymentDemand: 'auto' | 'own'): SellersActs {
  return {
    decide: order.stage === 'presented',
    demandPayment: paymentDemand === 'own' && isDue(order),
    refund: order.payment?.status === 'settled',
  };
}

const PROMISED: ReadonlySet<string> = new Set(['accepted', 'scheduled', 'in_distribution', 'delivered']);

/** Whether the payment is held and due: after the notice where that was settled, otherwise once the goods are delivered. */
export function isDue({ stage, settleOn, payment }: Facts): boolean {
  if (payment?.status !== 'held') return false;
  return settleOn === 'notice' ? PROMISED.has(stage) : stage === 'delivered';
}
