import {
  ActivityFailure,
  CancellationScope,
  ApplicationFailure,
  proxyActivities,
  TimeoutFailure,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { OrderActivities } from '../activities/index.ts';
import type { Attention } from '../domain/order.ts';
import type { NewEvent } from '../domain/timeline.ts';
import { lanes, searchKeys } from '../temporal.config.ts';
import { showCard } from './card.ts';
import type { Story } from './story.ts';

const notes = proxyActivities<Pick<OrderActivities, 'noteAttention' | 'noteIntervention'>>(lanes.notes);

/**
 * Says that an order needs a person: at once in the search attributes and on the card, which need no database, then in the
 * order's row and timeline. Raising the same step again replaces what was said.
 */
export function raiseAttention(story: Story, step: string, reason: string, waitingOn: string): void {
  const attention = { step, reason, since: new Date().toISOString(), waitingOn };
  if (story.attention.get(step)?.reason === reason) return;
  story.attention.set(step, attention);
  show(story);
  note(story, { type: 'attention_raised', body: { ...attention } });
}

/** Says that the step no longer needs anybody. Harmless when it never did. */
export function clearAttention(story: Story, step: string): void {
  story.errors.delete(step);
  if (!story.attention.delete(step)) return;
  show(story);
  note(story, { type: 'attention_cleared', body: { step } });
}

/** Nobody is needed any more: the order has ended. */
export function clearAllAttention(story: Story): void {
  for (const step of story.attention.keys()) clearAttention(story, step);
}

/** The attention to show: the oldest that is open. */
export function attentionOf(story: Story): Attention | null {
  return story.attention.values().next().value ?? null;
}

/** Notes an operator's intervention: who, why, and what it did. */
export function noteIntervention(story: Story, actor: string, body: Record<string, unknown>): void {
  const event = noteEvent(story, { type: 'intervention_made', actor, body });
  inTurn(story, () => notes.noteIntervention({ order: story.input, event }));
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
    { key: searchKeys.stage, value: story.stage },
    { key: searchKeys.attentionStep, value: attention?.step ?? null },
    { key: searchKeys.attentionReason, value: attention?.reason ?? null },
    { key: searchKeys.attentionSince, value: attention ? new Date(attention.since) : null },
  ]);
  showCard(story);
}

function note(story: Story, { type, body }: Pick<NewEvent, 'type' | 'body'>): void {
  const event = noteEvent(story, { type, actor: 'service', body });
  const attention = attentionOf(story);
  inTurn(story, () => notes.noteAttention({ order: story.input, attention, event }));
}

function noteEvent(story: Story, event: Pick<NewEvent, 'type' | 'actor' | 'body'>): NewEvent {
  story.noteCount += 1;
  return { ...event, key: `${event.type}:${story.noteCount}`, occurredAt: new Date().toISOString() };
}

/**
 * One after the other, and not cancelled with whatever part of the story asked for it. A note that can never be written
 * stays in the history as a failed activity; the story goes on.
 */
function inTurn(story: Story, write: () => Promise<void>): void {
  story.pendingNotes += 1;
  story.notes = CancellationScope.nonCancellable(async () => {
    await story.notes;
    await write().catch(() => undefined);
    story.pendingNotes -= 1;
  });
}
