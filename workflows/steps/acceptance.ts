import { checkRefused, type EarlyEnding, outOfTime, refused } from '../runtime/early-ending.ts';
import { runStep } from '../runtime/run-step.ts';
import { type Inbox, moveTo, partiesOf, type RunningOrder } from '../runtime/running-order.ts';
import { clearAttention } from '../runtime/visibility.ts';
import { validityMs, waitFor } from '../runtime/waiting.ts';
import { untilActive, withheldBy } from './suspension.ts';

/**
 * The seller promises distribution and the buyer gets notice of it (claim 1), or the seller says no. One that was suspended
 * meanwhile promises nothing: the order waits for an operator, until its check runs out.
 */
export async function acceptOrder(order: RunningOrder): Promise<void> {
  if (order.reached.has('accepted')) return;
  const { inbox, input } = order;
  if (withheldBy(order, 'acceptOrder')) await untilSellerMay(order);
  for (;;) {
    // Within this function: how soon the step follows the decision is part of the recorded histories.
    if (!(await waitFor(order, input.sellerId, () => isDecided(order), validityMs(order))))
      throw outOfTime('expired', 'The seller did not decide in time.');
    if (inbox.refusal) throw refusedBySeller(order, inbox.refusal);
    const outcome = await runStep(order, 'acceptOrder', partiesOf(order));
    if (outcome.kind === 'refused') throw checkRefused(outcome.reason);
    if (outcome.kind === 'accepted') return accepted(order);
    // Who decides by hand is told that nothing came of it, and decides again.
    order.withheld = inbox.acceptance;
    inbox.acceptance = undefined;
    await untilSellerMay(order);
  }
}

function isDecided(order: RunningOrder): boolean {
  const { inbox, promiseDue } = order;
  const agentMay = promiseDue === true && withheldBy(order, 'acceptOrder') === undefined;
  return inbox.acceptance !== undefined || inbox.refusal !== undefined || agentMay;
}

function refusedBySeller(order: RunningOrder, { reason, actor }: NonNullable<Inbox['refusal']>): EarlyEnding {
  clearAttention(order, 'acceptOrder');
  return refused({ code: 'refused-by-seller', detail: reason }, actor);
}

async function untilSellerMay(order: RunningOrder): Promise<void> {
  const { inbox } = order;
  const otherwise = () => inbox.acceptance !== undefined || inbox.refusal !== undefined;
  const withheld = { step: 'acceptOrder', party: 'seller', otherwise, boundMs: validityMs(order) } as const;
  if (await untilActive(order, withheld)) return;
  clearAttention(order, 'acceptOrder');
  throw outOfTime('expired', 'The seller was suspended until the check ran out.');
}

/** With the notice out, an automatic buyer has indicated the payment in the same transaction. */
export function accepted(order: RunningOrder): void {
  clearAttention(order, 'acceptOrder');
  order.promiseDue = false;
  moveTo(order, 'accepted');
  if (order.agents.payment === 'auto') order.paymentIndicated = true;
}
