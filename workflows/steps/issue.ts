import { isLargeBasket } from '../../domain/order.ts';
import { refused } from '../runtime/early-ending.ts';
import { runStep } from '../runtime/run-step.ts';
import { buyersAgents, moveTo, type RunningOrder } from '../runtime/running-order.ts';

/** Issues the check: from here on there is a hold on the buyer's account, and the buyer has the check in hand. */
export async function issueCheck(order: RunningOrder): Promise<void> {
  const { input, priced, paymentDemand, agents } = order;
  if (order.issued) return;
  if (!priced) throw new Error('the order was not priced');
  const issued = await runStep(order, 'issueCheck', {
    ...input,
    lines: priced.lines,
    charge: priced.charge,
    paymentDemand,
    agents: { seller: agents.seller, distributor: agents.distributor },
  });
  if (issued.kind === 'refused') throw refused(issued.refusal);
  const { echeck, charge } = issued.order;
  if (!echeck || !charge) throw new Error('an issued order has a check and a charge');
  // Where an operator stood in for the judgement of the credit, nobody knew yet who acts for the buyer.
  const { creditOverride } = order.inbox;
  if (creditOverride && issued.buyerAgent)
    order.agents = { ...order.agents, ...buyersAgents(input, issued.buyerAgent) };
  order.issued = { ...issued.order, echeck, charge };
  order.decision = isLargeBasket(input.lines) ? { kind: 'recorded' } : { kind: 'issued', order: issued.order };
  moveTo(order, 'check_issued');
}
