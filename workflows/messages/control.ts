import type { Ending } from '../../domain/ending.ts';
import { isOnTheWay, situationOf } from '../../domain/delivery.ts';
import { hear, onceTrue, SOMEBODY } from './answers.ts';
import { isDelivered, isDispatched } from '../steps/delivery.ts';
import { refuseUnless } from './shapes.ts';
import * as messages from './definitions.ts';
import type { Answer, CancelMessage, InterveneMessage } from './definitions.ts';
import { attentionOf, note } from '../runtime/notes.ts';
import type { Story } from '../runtime/story.ts';

/** Cancels and interventions: what changes the course of the story itself. */
export function listenToControl(story: Story): void {
  hear(messages.cancel, {
    shape: { reason: 'text', 'role?': ['buyer', 'seller', 'operator'] },
    allow: (message) => {
      const who = message.role ?? SOMEBODY;
      refuseUnless(mayCancel(story, message), `an order in ${story.stage} cannot be cancelled by ${who} now`);
    },
    handle: (message) => endOnDemand(story, cancellation(story, message)),
  });
  hear(messages.intervene, {
    shape: { reason: 'text', action: ['retry', 'abort', 'override_credit'] },
    allow: (message) => {
      const { action } = message;
      refuseUnless(mayIntervene(story, message), `there is nothing to ${action} on an order in ${story.stage} now`);
    },
    handle: (message) => intervene(story, message),
  });
}

/** Cancels whatever the story is at; the answer comes when everything is undone and the ending is on record. */
function endOnDemand(story: Story, ending: Ending): Promise<Answer> {
  story.wanted ??= ending;
  story.reversible?.cancel();
  return onceTrue(story, () => story.closed && story.stage !== 'completed');
}

function cancellation(story: Story, { reason, actor = SOMEBODY }: Pick<CancelMessage, 'reason' | 'actor'>): Ending {
  return { stage: story.paid ? 'refunded' : 'cancelled', reason, actor };
}

/** Before the goods leave, anybody may; then only the operator, or the buyer of an overdue delivery. Never after delivery. */
function mayCancel(story: Story, { role = 'operator' }: Pick<CancelMessage, 'role'>): boolean {
  if (!story.reversible || story.wanted || isDelivered(story)) return false;
  if (!isDispatched(story) || !isOnTheWay(situationOf(story.reports.values()))) return true;
  return role === 'operator' || (role === 'buyer' && story.overdue);
}

function mayIntervene(story: Story, { action }: InterveneMessage): boolean {
  if (action === 'retry') return story.attention.size > 0;
  if (action === 'abort') return mayCancel(story, { role: 'operator' });
  return story.attention.has('judgeCredit');
}

const EFFECT: Record<InterveneMessage['action'], string> = {
  retry: 'what was stuck is tried again',
  abort: 'the order ends, and everything done for it is undone',
  override_credit: 'the credit counts as good; the ledger still holds only what the account covers',
};

async function intervene(story: Story, { action, reason, actor = SOMEBODY }: InterveneMessage): Promise<Answer> {
  const on = attentionOf(story)?.step ?? story.stage;
  note(story, { type: 'intervention_made', actor, body: { action, reason, on, effect: EFFECT[action] } });
  if (action === 'abort') return endOnDemand(story, cancellation(story, { reason, actor }));
  if (action === 'override_credit') story.creditOverride = { actor, reason };
  else story.retries += 1;
  return { ok: true, stage: story.stage };
}
