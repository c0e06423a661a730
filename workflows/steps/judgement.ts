import { runStepsTogether } from '../runtime/run-step.ts';
import { EarlyEnding, refused } from '../runtime/early-ending.ts';
import { buyersAgents, type RunningOrder } from '../runtime/running-order.ts';
import { resumeFromRecord } from './recall.ts';

/** Prices the order and judges credit, seller and distributor, all at the same time (claims 1, 3, 10). */
export async function judgeOrder(order: RunningOrder): Promise<void> {
  const { input, issued } = order;
  if (issued) return;
  const {
    priceOrder: pricing,
    judgeCredit: credit,
    verifySellerRegistration: seller,
    verifyDistributorRegistration: distributor,
  } = await runStepsTogether(
    order,
    { priceOrder: input, judgeCredit: input, verifySellerRegistration: input, verifyDistributorRegistration: input },
    { judgeCredit: () => overriddenCredit(order) },
  );
  if (pricing.kind === 'recorded') {
    const ending = await resumeFromRecord(order);
    if (ending) throw new EarlyEnding(ending);
    return;
  }
  // The order of refusals is the order in which a buyer can fix them.
  if (seller.kind === 'refused') throw refused(seller.refusal);
  if (distributor.kind === 'refused') throw refused(distributor.refusal);
  if (pricing.kind === 'refused') throw refused(pricing.refusal);
  if (credit.kind === 'refused') throw refused(credit.refusal);
  order.priced = pricing;
  order.input = { ...input, settleOn: seller.settleOn ?? input.settleOn };
  order.paymentDemand = seller.paymentDemand ?? 'auto';
  order.agents = {
    ...buyersAgents(input, credit.agent),
    seller: seller.agent,
    distributor: distributor.agent,
  };
}

/**
 * While the judgement of the credit cannot be had, an operator may stand in for it; the ledger still refuses to hold what the
 * account does not cover, and says with the check who acts for the buyer.
 */
function overriddenCredit({ inbox }: RunningOrder) {
  return inbox.creditOverride && ({ kind: 'good', agent: 'auto' } as const);
}
