import type { Ending } from '../../domain/ending.ts';
import type { CheckRefusal } from '../../domain/echeck.ts';
import { timeouts } from '../../temporal.config.ts';
import { refusedEnding } from './undo.ts';
import { runStep } from '../runtime/run-step.ts';
import { issuedOrder, moveTo, type Story } from '../runtime/story.ts';
import { leftOf, untilExpiry, waitFor } from '../runtime/waiting.ts';

/**
 * Check, order and address reach the seller, whose side has the check office validate the check (claims 1, 2, 8). A buyer who
 * presents by hand may try again after a refusal, until the check expires.
 */
export async function presentation(story: Story): Promise<Ending | undefined> {
  for (let attempt = 1; !story.reached.has('presented'); attempt += 1) {
    const said = await presented(story);
    if (!said) return expired('The check was not presented in time.');
    const verdict = await runStep(story, 'validateCheck', {
      ...partiesOf(story),
      ...said,
      attempt,
      sellerAgent: story.agents.seller,
    });
    story.inbox.presentation = undefined;
    if (verdict.kind === 'refused') {
      story.inbox.presentationVerdict = verdict.reason;
      if (story.agents.presentation === 'auto') return badCheck(verdict.reason);
      continue;
    }
    moveTo(story, 'presented');
    story.inbox.presentationVerdict = 'valid';
    if (story.agents.seller === 'auto') accepted(story);
  }
  return undefined;
}

/** The seller promises distribution and the buyer is told (claim 1), or the seller says no. */
export async function acceptance(story: Story): Promise<Ending | undefined> {
  if (story.reached.has('accepted')) return undefined;
  const { inbox, input } = story;
  const decided = () => inbox.acceptance !== undefined || inbox.refusal !== undefined;
  if (!(await waitFor(story, input.sellerId, decided, untilExpiry(story))))
    return expired('The seller did not decide in time.');
  if (inbox.refusal) {
    const { reason, actor } = inbox.refusal;
    return refusedEnding({ code: 'refused-by-seller', detail: reason }, actor);
  }
  const outcome = await runStep(story, 'acceptOrder', partiesOf(story));
  if (outcome.kind === 'refused') return badCheck(outcome.reason);
  accepted(story);
  return undefined;
}

/** The buyer indicates the payment to the seller, only after the notice (claim 4). */
export async function paymentIndication(story: Story): Promise<Ending | undefined> {
  const { inbox, input } = story;
  if (inbox.paymentNoted) return undefined;
  const leftMs = leftOf(story, 'paymentIndication', timeouts.paymentIndicationMs);
  const said = await waitFor(story, input.buyerId, () => inbox.payment !== undefined, leftMs);
  if (!said)
    return story.paid
      ? refunded('The buyer did not indicate the payment in time.')
      : expired('The buyer did not indicate the payment in time.');
  await runStep(story, 'indicatePayment', partiesOf(story));
  inbox.paymentNoted = true;
  return undefined;
}

interface Said {
  echeck: string;
  deliverToSealed: string;
  presentedBy: string;
}

/** What the buyer presents: at once what it holds, or by hand what it sends; `undefined` when the check runs out first. */
async function presented(story: Story): Promise<Said | undefined> {
  const { input, inbox, agents } = story;
  const { jws } = issuedOrder(story).echeck;
  if (agents.presentation === 'auto')
    return { echeck: jws, deliverToSealed: input.deliverToSealed, presentedBy: input.buyerId };
  if (!(await waitFor(story, input.buyerId, () => inbox.presentation !== undefined, untilExpiry(story))))
    return undefined;
  const {
    echeck,
    deliverToSealed = input.deliverToSealed,
    actor,
  } = inbox.presentation ?? { echeck: jws, actor: input.buyerId };
  return { echeck, deliverToSealed, presentedBy: actor };
}

/** With the notice out, an automatic buyer has indicated the payment in the same transaction. */
function accepted(story: Story): void {
  moveTo(story, 'accepted');
  if (story.agents.payment === 'auto') story.inbox.paymentNoted = true;
}

function partiesOf({ input, agents }: Story) {
  const { orderId, buyerId, sellerId, lines } = input;
  return { orderId, buyerId, sellerId, lines, paymentAgent: agents.payment };
}

function badCheck(reason: CheckRefusal): Ending {
  return refusedEnding({ code: 'echeck-invalid', detail: `The check office refuses the check: ${reason}.` });
}

function expired(reason: string): Ending {
  return { stage: 'expired', reason, actor: 'service' };
}

function refunded(reason: string): Ending {
  return { stage: 'refunded', reason, actor: 'service' };
}
