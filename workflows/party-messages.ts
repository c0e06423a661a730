import { condition } from '@temporalio/workflow';
import { hear, onceReached, onceTrue, outlasting, refuseUnless } from './answers.ts';
import * as messages from './messages.ts';
import type { Answer, PresentMessage } from './messages.ts';
import type { Story } from './story.ts';

/** What buyers, sellers and distributors say by hand. Each only writes it on the desk and waits for what the story makes of it. */
export function listenToParties(story: Story): void {
  const { desk, input } = story;
  const cannotBe = (what: string): string => `an order in ${story.stage} cannot be ${what} now`;

  hear(
    messages.present,
    (message) => present(story, message),
    () => {
      refuseUnless(story.stage === 'check_issued' && !desk.presentation, cannotBe('presented'));
    },
  );
  hear(
    messages.accept,
    ({ actor = input.sellerId }) => {
      desk.acceptance = { actor };
      return onceReached(story, 'accepted');
    },
    () => {
      refuseUnless(story.stage === 'presented' && !desk.refusal, cannotBe('accepted'));
    },
  );
  hear(
    messages.refuse,
    ({ reason, actor = input.sellerId }) => {
      desk.refusal = { actor, reason };
      return onceReached(story, 'rejected');
    },
    () => {
      refuseUnless(story.stage === 'presented' && !desk.acceptance, cannotBe('refused'));
    },
  );
  hear(
    messages.indicatePayment,
    ({ actor = input.buyerId }) => {
      desk.payment ??= { actor };
      return onceTrue(story, () => desk.paymentNoted === true);
    },
    () => {
      refuseUnless(desk.paymentNoted === true || story.stage === 'accepted', cannotBe('paid'));
    },
  );
  hear(
    messages.schedule,
    ({ deliverAt, actor = input.distributorId }) => {
      desk.schedule = { deliverAt, actor };
      return onceReached(story, 'scheduled');
    },
    ({ deliverAt }) => {
      refuseUnless(desk.scheduleWanted === true && !desk.schedule, cannotBe('scheduled'));
      refuseUnless(Date.parse(deliverAt) > Date.now(), 'deliverAt must be a time in the future, RFC 3339');
    },
  );
}

async function present(
  story: Story,
  { echeck, deliverToSealed, actor = story.input.buyerId }: PresentMessage,
): Promise<Answer> {
  const { desk } = story;
  desk.presentationVerdict = undefined;
  desk.presentation = { echeck, deliverToSealed, actor };
  await outlasting(() => condition(() => desk.presentationVerdict !== undefined || story.closed));
  const reason = desk.presentationVerdict;
  if (reason === undefined || reason === 'valid') return onceTrue(story, () => reason === 'valid');
  return { ok: false, problem: 'echeck-invalid', reason, detail: `The check office refuses the check: ${reason}.` };
}
