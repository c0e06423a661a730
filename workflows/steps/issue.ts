import { CancellationScope, condition } from '@temporalio/workflow';
import type { Ending } from '../../domain/ending.ts';
import type { OrderRefusal } from '../../domain/order.ts';
import { refusedEnding } from './undo.ts';
import { runStep, runStepsTogether, type Tried } from '../runtime/run-step.ts';
import { recall } from './recall.ts';
import { moveTo, type Story } from '../runtime/story.ts';

/** Prices the order and judges credit, seller and distributor, all at the same time (claims 1, 3, 10). */
export async function judge(story: Story): Promise<Ending | undefined> {
  if (story.issued) return undefined;
  const { input } = story;
  const tried = await runStepsTogether(story, {
    priceOrder: input,
    judgeCredit: input,
    verifySellerRegistration: input,
    verifyDistributorRegistration: input,
  });
  const [pricing, credit, seller, distributor] = await Promise.all([
    tried.priceOrder(),
    judgeCredit(story, tried),
    tried.verifySellerRegistration(),
    tried.verifyDistributorRegistration(),
  ]);
  if (pricing.kind === 'recorded') return recall(story);
  // The order of refusals is the order in which a buyer can fix them.
  if (seller.kind === 'refused') return refusedEnding(seller.refusal);
  if (distributor.kind === 'refused') return refusedEnding(distributor.refusal);
  if (pricing.kind === 'refused') return refusedEnding(pricing.refusal);
  if (credit.kind === 'refused') return refusedEnding(credit.refusal);
  story.priced = pricing;
  story.agents = {
    presentation: input.presentation ?? credit.agent,
    payment: input.payment ?? credit.agent,
    seller: seller.agent,
    distributor: distributor.agent,
  };
  return undefined;
}

/** Issues the check: from here on there is a hold on the buyer's account, and the buyer has the check in hand. */
export async function issue(story: Story): Promise<Ending | undefined> {
  const { input, priced } = story;
  if (story.issued) return undefined;
  if (!priced) throw new Error('the order was not priced');
  const issued = await runStep(story, 'issueCheck', { ...input, lines: priced.lines, charge: priced.charge });
  if (issued.kind === 'refused') return refusedEnding(issued.refusal);
  const { echeck, charge } = issued.order;
  if (!echeck || !charge) throw new Error('an issued order has a check and a charge');
  story.issued = { ...issued.order, echeck, charge };
  story.decision = { kind: 'issued', order: issued.order };
  moveTo(story, 'check_issued');
  return undefined;
}

/**
 * Judges the buyer's credit. While the judgement cannot be had, an operator may stand in for it; the ledger still refuses to
 * hold what the account does not cover.
 */
async function judgeCredit(
  story: Story,
  tried: Tried<'judgeCredit'>,
): Promise<{ kind: 'good'; agent: 'auto' | 'manual' } | { kind: 'refused'; refusal: OrderRefusal }> {
  const scope = new CancellationScope();
  return scope.run(async () => {
    const judged = tried.judgeCredit();
    const settled = judged.catch(() => undefined);
    await Promise.race([settled, condition(() => story.creditOverride !== undefined)]).catch(() => settled);
    if (!story.creditOverride) return judged;
    scope.cancel();
    return { kind: 'good', agent: 'auto' };
  });
}
