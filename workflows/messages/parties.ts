import { condition } from '@temporalio/workflow';
import { timeouts } from '../../temporal.config.ts';
import { hear, onceReached, onceTrue, outlasting } from './answers.ts';
import { refuseUnless } from './shapes.ts';
import * as messages from './definitions.ts';
import type { Answer, PresentMessage } from './definitions.ts';
import type { Inbox, Story } from '../runtime/story.ts';

/** What buyers, sellers and distributors say by hand. Each only writes it on the inbox and waits for what the story makes of it. */
export function listenToParties(story: Story): void {
  listenToBuyer(story);
  listenToSeller(story);
  listenToDistributorsDesk(story);
}

function listenToBuyer(story: Story): void {
  const { inbox, input } = story;
  hear(messages.present, {
    shape: { echeck: 'token', 'deliverToSealed?': 'token' },
    allow: () => refuseUnless(story.stage === 'check_issued' && !inbox.presentation, cannotBe(story, 'presented')),
    handle: (message) => present(story, message),
  });
  hear(messages.indicatePayment, {
    shape: {},
    allow: () => refuseUnless(inbox.paymentNoted === true || story.stage === 'accepted', cannotBe(story, 'paid')),
    handle: ({ actor = input.buyerId }) => {
      inbox.payment ??= { actor };
      return onceTrue(story, () => inbox.paymentNoted === true);
    },
  });
}

function listenToSeller(story: Story): void {
  const { inbox, input } = story;
  const undecided = () => story.stage === 'presented' && !inbox.refusal && !inbox.acceptance;
  hear(messages.accept, {
    shape: {},
    allow: () => refuseUnless(undecided(), cannotBe(story, 'accepted')),
    handle: ({ actor = input.sellerId }) => {
      inbox.acceptance = { actor };
      return onceReached(story, 'accepted');
    },
  });
  hear(messages.refuse, {
    shape: { reason: 'text' },
    allow: () => refuseUnless(undecided(), cannotBe(story, 'refused')),
    handle: ({ reason, actor = input.sellerId }) => {
      inbox.refusal = { actor, reason };
      return onceReached(story, 'rejected');
    },
  });
}

function listenToDistributorsDesk(story: Story): void {
  const { inbox, input } = story;
  hear(messages.schedule, {
    shape: { deliverAt: 'instant' },
    allow: ({ deliverAt }) => {
      refuseUnless(inbox.scheduleWanted === true && !inbox.schedule, cannotBe(story, 'scheduled'));
      const aheadMs = Date.parse(deliverAt) - Date.now();
      refuseUnless(aheadMs > 0 && aheadMs < timeouts.farthestDeliveryMs, 'deliverAt must be within the next year');
    },
    handle: ({ deliverAt, actor = input.distributorId }) => {
      inbox.schedule = { deliverAt: new Date(deliverAt).toISOString(), actor };
      return onceReached(story, 'scheduled');
    },
  });
}

function cannotBe(story: Story, what: string): string {
  return `an order in ${story.stage} cannot be ${what} now`;
}

/** Read again, for the story writes it while the buyer waits. */
function verdictOn(inbox: Inbox): Inbox['presentationVerdict'] {
  return inbox.presentationVerdict;
}

async function present(
  story: Story,
  { echeck, deliverToSealed, actor = story.input.buyerId }: PresentMessage,
): Promise<Answer> {
  const { inbox } = story;
  inbox.presentationVerdict = undefined;
  inbox.presentation = { echeck, deliverToSealed, actor };
  await outlasting(() => condition(() => inbox.presentationVerdict !== undefined || story.closed));
  const reason = verdictOn(inbox);
  if (reason === undefined || reason === 'valid') return onceTrue(story, () => reason === 'valid');
  return { ok: false, problem: 'echeck-invalid', reason, detail: `The check office refuses the check: ${reason}.` };
}
