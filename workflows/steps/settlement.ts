import { raiseAttention, clearAttention } from '../runtime/attention.ts';
import { runStep } from '../runtime/run-step.ts';
import { issuedOrder, type Story } from '../runtime/story.ts';
import { waitFor } from '../runtime/waiting.ts';

/** `settleOn: notice`: the seller is paid right after the notice, as claim 5 has it literally. */
export async function settleAtNotice(story: Story): Promise<void> {
  if (story.input.settleOn === 'notice' && !story.paid) await settle(story);
}

/** `settleOn: delivery`: the seller is paid now. Otherwise only the check becomes final (claim 23). */
export async function settleAtDelivery(story: Story): Promise<void> {
  if (story.reached.has('completed')) return;
  if (story.input.settleOn === 'delivery') return settle(story);
  story.givenBack = (await runStep(story, 'finaliseCheck', demandOf(story))).kind === 'refunded';
}

/** The seller's payment demand and the check office's payment (claims 5, 7). A demand that does not fit waits for an operator. */
async function settle(story: Story): Promise<void> {
  for (;;) {
    const { kind } = await runStep(story, 'settlePayment', demandOf(story));
    if (kind !== 'refused') {
      story.givenBack = kind === 'refunded';
      break;
    }
    const before = story.retries;
    raiseAttention(story, 'settlePayment', 'DemandRefused', 'operator');
    await waitFor(story, 'operator', () => story.retries > before);
  }
  clearAttention(story, 'settlePayment');
  story.paid = true;
}

function demandOf(story: Story) {
  const { orderId, sellerId, buyerId, settleOn } = story.input;
  const { echeck, charge } = issuedOrder(story);
  return { orderId, sellerId, buyerId, settleOn, charge, echeck: { number: echeck.number, jws: echeck.jws } };
}
