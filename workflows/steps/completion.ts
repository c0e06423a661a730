import type { SituationReport } from '../../domain/delivery.ts';
import type { Ending } from '../../domain/order.ts';
import { runStep, runStepsTogether } from '../runtime/run-step.ts';
import { issuedOrder, moveTo, type RunningOrder } from '../runtime/running-order.ts';
import { clearAttention } from '../runtime/visibility.ts';

/**
 * Notifies the seller and the check office that the distribution is complete (claims 12, 23). Returns the early ending that
 * was decided on record before the completion got there.
 */
export async function completeDelivery(order: RunningOrder): Promise<Ending | undefined> {
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

/** Notifies the check office of a completion that the seller has on record already (claim 23). */
export async function notifyOffice(order: RunningOrder): Promise<void> {
  await runStep(order, 'notifyOfficeOfCompletion', completionOf(order));
  order.officeToNotify = false;
}

function completionOf(order: RunningOrder) {
  const { orderId, sellerId, distributorId } = order.input;
  const checkNumber = issuedOrder(order).echeck.number;
  return { orderId, sellerId, distributorId, checkNumber, confirmation: confirmationOf(order) };
}

/** The earliest confirmation: the same one, whatever order they came in. */
function confirmationOf({ inbox }: RunningOrder): SituationReport {
  const [first] = [...inbox.reports.values()]
    .filter(({ kind }) => kind === 'delivered')
    .toSorted((a, b) => a.occurredAt.localeCompare(b.occurredAt) || a.eventId.localeCompare(b.eventId));
  if (!first) throw new Error('the delivery was not confirmed');
  return first;
}
