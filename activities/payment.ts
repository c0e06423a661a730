import { type Decided, type Done, stagesFrom } from '../domain/order.ts';
import type { OrderId } from '../domain/ids.ts';
import type { MoneyJson } from '../domain/money.ts';
import type { NewEvent } from '../domain/timeline.ts';
import { answerOf } from '../office/orders/index.ts';
import type { StepDeps } from './deps.ts';

export interface PaymentIndication {
  readonly orderId: OrderId;
  readonly buyerId: string;
  readonly sellerId: string;
  /** What is paid. Absent in what workflows of the former version recorded. */
  readonly charge?: MoneyJson;
}

export function createPaymentSteps({ recorder }: Pick<StepDeps, 'recorder'>) {
  return {
    /** A buyer who pays by hand indicates the payment to the seller (claim 4): only of an accepted order, once. */
    async indicatePayment(order: PaymentIndication): Promise<Done | Decided> {
      const { orderId } = order;
      const recorded = await recorder.record({ orderId, from: ['accepted'], events: [paymentIndicated(order)] });
      // A repetition finds the order accepted, or further on.
      return answerOf(recorded, stagesFrom('accepted'));
    },
  };
}

/** The event of a payment indication, of the charge (claim 4); the buyer's agent leaves it with the acceptance. */
export function paymentIndicated({ buyerId, sellerId, charge }: Omit<PaymentIndication, 'orderId'>): NewEvent {
  const type = 'payment_indicated';
  return { key: type, type, actor: buyerId, recipient: sellerId, body: { ...(charge && { charge }) } };
}
