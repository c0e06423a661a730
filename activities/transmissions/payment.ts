import { type TransmissionDeps, type Transmission, transmitted } from './deps.ts';
import { checkedOrder } from './facts.ts';

export function paymentTransmissions({ orm, signing, post }: TransmissionDeps) {
  /** The payment of the charge by this check. */
  const payment = async ({ orderId }: Transmission) => {
    const { echeck, charge: amount } = await checkedOrder(orm.em.fork(), orderId);
    return { number: echeck.number, amount };
  };
  return {
    /** The buyer's payment indication reaches the seller's own server, after the notice (claim 4). */
    async notifySellerOfPaymentIndication(order: Transmission, signal: AbortSignal) {
      const { orderId, buyerId, sellerId } = order;
      const message = { orderId, to: sellerId, from: buyerId, personalOf: sellerId, signal };
      return transmitted(await post.send({ ...message, kind: 'payment_indicated', body: await payment(order) }));
    },

    /** Notifies the seller's own server that it was paid (claim 5). */
    async notifySellerOfPayment(order: Transmission, signal: AbortSignal) {
      const { orderId, sellerId } = order;
      const message = { orderId, to: sellerId, from: signing.issuer, personalOf: sellerId, signal };
      return transmitted(await post.send({ ...message, kind: 'paid', body: await payment(order) }));
    },
  };
}
