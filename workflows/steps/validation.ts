import { checkRefused, outOfTime } from '../runtime/early-ending.ts';
import { type Presentation, issuedOrder, moveTo, partiesOf, type RunningOrder } from '../runtime/running-order.ts';
import { runStep } from '../runtime/run-step.ts';
import { validityMs, waitFor } from '../runtime/waiting.ts';
import { accepted } from './acceptance.ts';

/**
 * Check, order and address reach the seller, whose side has the check office validate the check (claims 1, 2, 8). A buyer who
 * presents by hand may try again after a refusal, until the check expires.
 */
export async function validateCheck(order: RunningOrder): Promise<void> {
  const { agents, inbox } = order;
  for (let attempt = 1; !order.reached.has('presented'); attempt += 1) {
    const presentation = agents.presentation === 'auto' ? presentedByService(order) : await presentedByHand(order);
    const { terminalKey } = order.input;
    const validation = { ...partiesOf(order), ...presentation, terminalKey, attempt, sellerAgent: agents.seller };
    const result = await runStep(order, 'validateCheck', validation);
    inbox.presentation = undefined;
    if (result.kind === 'refused') {
      order.validated = { presentation, verdict: result.reason };
      if (agents.presentation === 'auto') throw checkRefused(result.reason);
      continue;
    }
    moveTo(order, 'presented');
    order.validated = { presentation, verdict: 'valid' };
    if (result.withheld) order.promiseDue = true;
    else if (agents.seller === 'auto') accepted(order);
  }
}

function presentedByService(order: RunningOrder): Presentation {
  const { input } = order;
  const { jws } = issuedOrder(order).echeck;
  return { echeck: jws, deliverToSealed: input.deliverToSealed, presentedBy: input.buyerId };
}

async function presentedByHand(order: RunningOrder): Promise<Presentation> {
  const { input, inbox } = order;
  const presented = await waitFor(order, input.buyerId, () => inbox.presentation !== undefined, validityMs(order));
  if (!presented || !inbox.presentation) throw outOfTime('expired', 'The check was not presented in time.');
  return inbox.presentation;
}
