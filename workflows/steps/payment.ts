import { timeouts } from '../../temporal.config.ts';
import { outOfTime } from '../runtime/early-ending.ts';
import { runStep } from '../runtime/run-step.ts';
import { hasSellersSite, partiesOf, type RunningOrder } from '../runtime/running-order.ts';
import { transmit } from '../runtime/transmit.ts';
import { remainingMs } from '../runtime/waiting.ts';
import { waitPaying } from './settlement.ts';

/** The buyer indicates the payment to the seller, only after the notice (claim 4). */
export async function indicatePayment(order: RunningOrder): Promise<void> {
  if (!order.paymentIndicated) await indicatedByHand(order);
  if (hasSellersSite(order)) await notifySeller(order);
}

async function indicatedByHand(order: RunningOrder): Promise<void> {
  const { inbox, input } = order;
  const boundMs = remainingMs(order, 'paymentIndication', timeouts.paymentIndicationMs);
  if (!(await waitPaying(order, input.buyerId, () => inbox.payment !== undefined, boundMs)))
    throw outOfTime(order.paid ? 'refunded' : 'expired', 'The buyer did not indicate the payment in time.');
  await runStep(order, 'indicatePayment', partiesOf(order));
  order.paymentIndicated = true;
}

/** The indication reaches the seller's own server before the goods are sent for. */
async function notifySeller(order: RunningOrder): Promise<void> {
  const { sellerId: to } = order.input;
  await transmit(order, 'notifySellerOfPaymentIndication', { to, input: {}, wait: waitPaying });
}
