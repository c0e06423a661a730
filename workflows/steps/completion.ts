import type { Ending } from '../../domain/order.ts';
import { runStep, runStepDurably, runStepsTogether } from '../runtime/run-step.ts';
import { hasSellersSite, moveTo, type RunningOrder } from '../runtime/running-order.ts';
import { transmit } from '../runtime/transmit.ts';
import { clearAttention } from '../runtime/visibility.ts';
import { completionOf, notifyOffice } from './office-notice.ts';
import { waitPaying } from './settlement.ts';

/**
 * Notifies the seller and the check office that the distribution is complete (claims 12, 23). Returns the early ending that
 * was decided on record before the completion got there.
 */
export function completeDelivery(order: RunningOrder): Promise<Ending | undefined> {
  return hasSellersSite(order) ? completeAndTransmit(order) : completeAtOnce(order);
}

/**
 * First the office's own record, which releases the payment (claim 23), then the seller's own server, which signs for it (claim 12): the
 * seller may demand its payment meanwhile.
 */
async function completeAndTransmit(order: RunningOrder): Promise<Ending | undefined> {
  const { sellerId: to } = order.input;
  if (!order.reached.has('delivered')) {
    const completed = await runStepDurably(order, 'recordCompletion', completionOf(order));
    if (completed.kind === 'decided') return completed.ending;
    clearAttention(order, 'delivery');
    clearAttention(order, 'rescheduleDispatch');
    moveTo(order, 'delivered');
  }
  const completion = completionOf(order);
  const input = { deliveredAt: completion.confirmation.occurredAt };
  await transmit(order, 'notifySellerOfCompletion', { to, input, wait: waitPaying });
  if (!order.completionAcknowledged) await runStep(order, 'recordAcknowledgement', completion);
  order.completionAcknowledged = true;
  return undefined;
}

async function completeAtOnce(order: RunningOrder): Promise<Ending | undefined> {
  if (order.reached.has('delivered')) {
    if (order.officeToNotify) await notifyOffice(order);
    return undefined;
  }
  const completion = completionOf(order);
  clearAttention(order, 'delivery');
  clearAttention(order, 'rescheduleDispatch');
  const { notifySellerOfCompletion: notified } = await runStepsTogether(order, {
    notifySellerOfCompletion: completion,
    notifyOfficeOfCompletion: completion,
  });
  if (notified?.kind === 'decided') return notified.ending;
  moveTo(order, 'delivered');
  return undefined;
}
