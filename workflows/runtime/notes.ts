import { CancellationScope, patched, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { OrderActivities } from '../../activities/index.ts';
import type { NewEvent } from '../../domain/timeline.ts';
import { stepPolicies } from '../../temporal.config.ts';
import { untilAtRest } from './at-rest.ts';
import { attentionOf, type RunningOrder } from './running-order.ts';

const notes = proxyActivities<Pick<OrderActivities, 'noteAttention' | 'noteIntervention'>>(stepPolicies.notes);

/**
 * Notes something for people beside the steps, in the sequence in which it happened; nobody waits for it but the end. A note
 * that waits for its next attempt is tried again at once together with the new one: what was just fixed shows at once.
 */
export function note(order: RunningOrder, event: Pick<NewEvent, 'type' | 'actor' | 'body'>): void {
  order.noteCount += 1;
  const key = `${event.type}:${runOf(order)}${order.noteCount}`;
  const isFirst = order.unwritten.length === 0;
  order.unwritten.push({ ...event, key, occurredAt: new Date().toISOString() });
  if (isFirst) void CancellationScope.nonCancellable(() => writeAll(order));
  else if (isFailing(order) && writesTogether(order)) order.writing?.attempt.cancel();
}

/** The workflow of a resumed order counts again from the start: its notes are other events than those of the first one. */
function runOf({ input }: RunningOrder): string {
  return input.resumed ? `${workflowInfo().firstExecutionRunId}:` : '';
}

/** A healthy note is written within milliseconds: one that takes longer waits for its next attempt. */
function isFailing({ writing }: RunningOrder): boolean {
  return writing !== undefined && Date.now() - writing.since > 1_000;
}

/** A note that can never be written stays in the history as a failed activity; the order goes on. */
async function writeAll(order: RunningOrder): Promise<void> {
  // What the steps do at this moment comes first.
  await Promise.resolve();
  while (order.unwritten.length > 0) {
    if (order.input.backgroundAtRest) await untilAtRest(order);
    const attempt = new CancellationScope();
    order.writing = { attempt, since: Date.now() };
    const events =
      order.unwritten.length > 1 && writesTogether(order) ? [...order.unwritten] : order.unwritten.slice(0, 1);
    const written = await attempt
      .run(() => write(order, events))
      .then(
        () => true,
        () => !attempt.consideredCancelled,
      );
    order.writing = undefined;
    if (written) order.unwritten.splice(0, events.length);
  }
}

/** Orders of before know it by a marker in their history. */
function writesTogether({ input }: RunningOrder): boolean {
  return input.backgroundAtRest === true || patched('notes-together');
}

function write(order: RunningOrder, [event, ...more]: readonly NewEvent[]): Promise<void> {
  if (!event) return Promise.resolve();
  if (event.type === 'intervention_made' && more.length === 0)
    return notes.noteIntervention({ order: order.input, event });
  return notes.noteAttention({ order: order.input, attention: attentionOf(order), event, more });
}
