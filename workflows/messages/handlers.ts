import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import { listenToDistributor } from './distributor.ts';
import { listenToControl } from './control.ts';
import {
  awaitDecision,
  KEY_REUSED,
  recordChanged,
  registryChanged,
  state,
  type Decision,
  type OrderState,
} from './definitions.ts';
import { attentionOf } from '../runtime/notes.ts';
import { refuseMalformed } from './shapes.ts';
import { outlasting } from './answers.ts';
import { lookAtRecord } from '../steps/recall.ts';
import { listenToParties } from './parties.ts';
import type { Story } from '../runtime/story.ts';

/**
 * Sets every handler, before the story's first wait. Handlers only write down what was said; the story acts on it. A message
 * that comes too early, too late or is malformed is refused by its validator and leaves no trace in the history. Signals of
 * names that nobody knows have no handler: the SDK keeps them, and fails the task over some of them where there is one for all.
 */
export function listen(story: Story): void {
  setHandler(awaitDecision, () => decide(story), {
    validator: (message) => {
      refuseMalformed(message, { requestDigest: 'token' });
      refuseOtherRequest(story, message.requestDigest);
    },
  });
  setHandler(registryChanged, () => {
    story.retries += 1;
  });
  setHandler(state, () => stateOf(story));
  setHandler(recordChanged, () => outlasting(() => lookAtRecord(story)));
  listenToParties(story);
  listenToDistributor(story);
  listenToControl(story);
}

/** The same Idempotency-Key with another body is refused before it leaves a trace: however often, it costs the order nothing. */
function refuseOtherRequest({ input }: Story, requestDigest: string): void {
  if (requestDigest === input.requestDigest) return;
  throw ApplicationFailure.nonRetryable('The Idempotency-Key came before with another body.', KEY_REUSED);
}

async function decide(story: Story): Promise<Decision> {
  await outlasting(() => condition(() => story.decision !== undefined));
  return story.decision ?? { kind: 'recorded' };
}

function stateOf(story: Story): OrderState {
  const { input, stage, waitingOn, issued } = story;
  return {
    orderId: input.orderId,
    stage,
    attention: attentionOf(story),
    waitingOn,
    checkNumber: issued?.echeck.number ?? null,
  };
}
