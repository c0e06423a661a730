import { firstConfirmation, type SituationReport } from '../../domain/delivery.ts';
import { runStep } from '../runtime/run-step.ts';
import { issuedOrder, type RunningOrder } from '../runtime/running-order.ts';

/** Notifies the check office of a completion that the seller has on record already (claim 23). */
export async function notifyOffice(order: RunningOrder): Promise<void> {
  await runStep(order, 'notifyOfficeOfCompletion', completionOf(order));
  order.officeToNotify = false;
}

/** What the notices of a completion say. */
export function completionOf(order: RunningOrder) {
  const { orderId, sellerId, distributorId } = order.input;
  const checkNumber = issuedOrder(order).echeck.number;
  return { orderId, sellerId, distributorId, checkNumber, confirmation: confirmationOf(order) };
}

function confirmationOf({ inbox }: RunningOrder): SituationReport {
  const first = firstConfirmation(inbox.reports.values());
  if (!first) throw new Error('the delivery was not confirmed');
  return first;
}
