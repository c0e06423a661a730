import type { Ending } from '../domain/ending.ts';
import { isOnTheWay, situationOf } from '../domain/delivery.ts';
import { hear, onceTrue, refuseUnless, SOMEBODY } from './answers.ts';
import { attentionOf, noteIntervention } from './attention.ts';
import * as messages from './messages.ts';
import type { Answer, CancelMessage, InterveneMessage } from './messages.ts';
import type { Story } from './story.ts';

/** Cancels and interventions: what changes the course of the story itself. */
export function listenToControl(story: Story): void {
  hear(
    messages.cancel,
    (message) => endOnDemand(story, cancellation(story, message)),
    (message) => {
      refuseUnless(
        mayCancel(story, message),
        `an order in ${story.stage} cannot be cancelled by ${message.role ?? SOMEBODY} now`,
      );
    },
  );
  hear(
    messages.intervene,
    (message) => intervene(story, message),
    (message) => {
      refuseUnless(
        mayIntervene(story, message),
        `there is nothing to ${message.action} on an order in ${story.stage} now`,
      );
    },
  );
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
function mayCancel(story: Story, { role = 'operator' }: CancelMessage): boolean {
  if (!story.reversible || story.wanted) return false;
  if (!isOnTheWay(situationOf(story.reports.values()))) return true;
  return role === 'operator' || story.overdue;
}

function mayIntervene(story: Story, { action }: InterveneMessage): boolean {
  if (action === 'retry') return story.attention.size > 0;
  if (action === 'abort') return story.reversible !== undefined && !story.wanted;
  return action === 'override_credit' && story.attention.has('judgeCredit');
}

async function intervene(story: Story, { action, reason, actor = SOMEBODY }: InterveneMessage): Promise<Answer> {
  noteIntervention(story, actor, { action, reason, on: attentionOf(story)?.step ?? story.stage });
  if (action === 'abort') return endOnDemand(story, cancellation(story, { reason, actor }));
  if (action === 'override_credit') story.creditOverride = { actor, reason };
  else story.retries += 1;
  return { ok: true, stage: story.stage };
}
