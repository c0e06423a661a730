import type { SituationReport } from '../../domain/delivery.ts';
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

/** The earliest confirmation: the same one, whatever order they came in. */
function confirmationOf({ inbox }: RunningOrder): SituationReport {
  const [first] = [...inbox.reports.values()]
    .filter(({ kind }) => kind === 'delivered')
    .toSorted((a, b) => a.occurredAt.localeCompare(b.occurredAt) || a.eventId.localeCompare(b.eventId));
  if (!first) throw new Error('the delivery was not confirmed');
  return first;
}
