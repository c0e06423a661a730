import { CancellationScope, patched, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { OrderActivities } from '../../activities/index.ts';
import type { Attention } from '../../domain/order.ts';
import type { NewEvent } from '../../domain/timeline.ts';
import { stepPolicies } from '../../temporal.config.ts';
import type { Story } from './story.ts';

const notes = proxyActivities<Pick<OrderActivities, 'noteAttention' | 'noteIntervention'>>(stepPolicies.notes);

/** The attention to show: the oldest that is open. */
export function attentionOf(story: Story): Attention | null {
  return story.attention.values().next().value ?? null;
}

/**
 * Notes something for people beside the story, in the order in which it happened; nobody waits for it but the end. A note
 * that waits for its next attempt is tried again at once together with the new one: what was just fixed shows at once.
 */
export function note(story: Story, event: Pick<NewEvent, 'type' | 'actor' | 'body'>): void {
  story.noteCount += 1;
  const key = `${event.type}:${runOf(story)}${story.noteCount}`;
  const isFirst = story.unwritten.length === 0;
  story.unwritten.push({ ...event, key, occurredAt: new Date().toISOString() });
  if (isFirst) void CancellationScope.nonCancellable(() => writeAll(story));
  else if (isFailing(story) && patched('notes-together')) story.writing?.attempt.cancel();
}

/** The workflow of a resumed order counts again from the start: its notes are other events than those of the first one. */
function runOf({ input }: Story): string {
  return input.resumed ? `${workflowInfo().firstExecutionRunId}:` : '';
}

/** A healthy note is written within milliseconds: one that takes longer waits for its next attempt. */
function isFailing({ writing }: Story): boolean {
  return writing !== undefined && Date.now() - writing.since > 1_000;
}

/** A note that can never be written stays in the history as a failed activity; the story goes on. */
async function writeAll(story: Story): Promise<void> {
  // What the story does at this moment comes first.
  await Promise.resolve();
  while (story.unwritten.length > 0) {
    const attempt = new CancellationScope();
    story.writing = { attempt, since: Date.now() };
    const events =
      story.unwritten.length > 1 && patched('notes-together') ? [...story.unwritten] : story.unwritten.slice(0, 1);
    const written = await attempt
      .run(() => write(story, events))
      .then(
        () => true,
        () => !attempt.consideredCancelled,
      );
    if (written) story.unwritten.splice(0, events.length);
  }
  story.writing = undefined;
}

function write(story: Story, [event, ...more]: readonly NewEvent[]): Promise<void> {
  const order = story.input;
  if (!event) return Promise.resolve();
  if (event.type === 'intervention_made' && more.length === 0) return notes.noteIntervention({ order, event });
  return notes.noteAttention({ order, attention: attentionOf(story), event, more });
}
