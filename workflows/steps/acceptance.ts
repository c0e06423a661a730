import { checkRefused, outOfTime, refused } from '../runtime/early-ending.ts';
import { runStep } from '../runtime/run-step.ts';
import { moveTo, partiesOf, type RunningOrder } from '../runtime/running-order.ts';
import { validityMs, waitFor } from '../runtime/waiting.ts';

/** The seller promises distribution and the buyer gets notice of it (claim 1), or the seller says no. */
export async function acceptOrder(order: RunningOrder): Promise<void> {
  if (order.reached.has('accepted')) return;
  const { inbox, input } = order;
  const decided = () => inbox.acceptance !== undefined || inbox.refusal !== undefined;
  if (!(await waitFor(order, input.sellerId, decided, validityMs(order))))
    throw outOfTime('expired', 'The seller did not decide in time.');
  if (inbox.refusal) {
    const { reason, actor } = inbox.refusal;
    throw refused({ code: 'refused-by-seller', detail: reason }, actor);
  }
  const outcome = await runStep(order, 'acceptOrder', partiesOf(order));
  if (outcome.kind === 'refused') throw checkRefused(outcome.reason);
  accepted(order);
}

/** With the notice out, an automatic buyer has indicated the payment in the same transaction. */
export function accepted(order: RunningOrder): void {
  moveTo(order, 'accepted');
  if (order.agents.payment === 'auto') order.paymentIndicated = true;
}
