import { ActivityFailure, ApplicationFailure, TimeoutFailure, upsertSearchAttributes } from '@temporalio/workflow';
import { searchAttributes } from '../../temporal.config.ts';
import { showCard } from './card.ts';
import { attentionOf, note } from './notes.ts';
import type { Story } from './story.ts';

/**
 * Says that an order needs a person: at once in the search attributes and on the card, which need no database, then in the
 * order's row and timeline. Raising the same step again replaces what was said.
 */
export function raiseAttention(story: Story, step: string, reason: string, waitingOn: string): void {
  const attention = { step, reason, since: new Date().toISOString(), waitingOn };
  if (story.attention.get(step)?.reason === reason) return;
  story.attention.set(step, attention);
  show(story);
  note(story, { type: 'attention_raised', actor: 'service', body: { ...attention } });
}

/** Says that the step no longer needs anybody. Harmless when it never did. */
export function clearAttention(story: Story, step: string): void {
  story.errors.delete(step);
  if (!story.attention.delete(step)) return;
  show(story);
  note(story, { type: 'attention_cleared', actor: 'service', body: { step } });
}

/** Nobody is needed any more: the order has ended. */
export function clearAllAttention(story: Story): void {
  for (const step of story.attention.keys()) clearAttention(story, step);
}

/** What a technical failure says, in one short line. */
export function messageOf(failure: unknown): string {
  const cause = failure instanceof ActivityFailure ? failure.cause : failure;
  const [line = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
  return line.slice(0, 200);
}

/** A short stable name of a technical failure, for the search attribute. */
export function reasonOf(failure: unknown): string {
  const cause = failure instanceof ActivityFailure ? failure.cause : failure;
  if (cause instanceof TimeoutFailure) return 'TimedOut';
  if (cause instanceof ApplicationFailure) return cause.type ?? 'StepFailed';
  return 'StepFailed';
}

function show(story: Story): void {
  const attention = attentionOf(story);
  upsertSearchAttributes([
    { key: searchAttributes.stage, value: story.stage },
    { key: searchAttributes.attentionStep, value: attention?.step ?? null },
    { key: searchAttributes.attentionReason, value: attention?.reason ?? null },
    { key: searchAttributes.attentionSince, value: attention ? new Date(attention.since) : null },
  ]);
  showCard(story);
}
