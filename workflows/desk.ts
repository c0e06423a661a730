import { condition, setHandler } from '@temporalio/workflow';
import { listenToDistributor } from './distributor-signals.ts';
import { listenToControl } from './control-messages.ts';
import { awaitDecision, state, type Decision, type OrderState } from './messages.ts';
import { attentionOf } from './attention.ts';
import { refuseMalformed } from './message-shapes.ts';
import { outlasting } from './answers.ts';
import { listenToParties } from './party-messages.ts';
import type { Story } from './story.ts';

/**
 * Sets every handler, before the story's first wait. Handlers only write down what was said; the story acts on it. A message
 * that comes too early, too late or is malformed is refused by its validator and leaves no trace in the history.
 */
export function listen(story: Story): void {
  setHandler(awaitDecision, ({ requestDigest }) => decide(story, requestDigest), {
    validator: (message) => refuseMalformed(message, { requestDigest: 'token' }),
  });
  setHandler(state, () => stateOf(story));
  listenToParties(story);
  listenToDistributor(story);
  listenToControl(story);
}

async function decide(story: Story, requestDigest: string): Promise<Decision> {
  if (requestDigest !== story.input.requestDigest) return { kind: 'key_reused' };
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
