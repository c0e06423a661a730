import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { Ending } from '../domain/ending.ts';
import type { OrderRefusal } from '../domain/order.ts';
import { take } from './lanes.ts';
import type { OrderResult } from './messages.ts';
import { moveTo, type Story } from './story.ts';
import { publish } from './waiting.ts';

/** The undos, by their steps' names. Each tolerates that its step never ran. */
export type Undo = 'voidCheckIfIssued' | 'refundIfSettled' | 'cancelDispatchIfInstructed';

/**
 * Tells the part of the story that can still be undone. Whoever wants the order ended early (a party, an operator, Temporal's
 * own cancel) cancels this part wherever it stands; after it nobody can.
 */
export async function reversibly(story: Story, tell: () => Promise<Ending | undefined>): Promise<Ending | undefined> {
  const scope = new CancellationScope();
  story.reversible = scope;
  try {
    return await scope.run(tell);
  } catch (fault) {
    if (!isCancellation(fault)) throw fault;
    return (
      story.wanted ?? {
        stage: story.paid ? 'refunded' : 'cancelled',
        reason: 'cancelled in Temporal',
        actor: 'temporal',
      }
    );
  } finally {
    story.reversible = undefined;
  }
}

/** Unwinds what was done, last first, each undo for as long as it takes, then puts the ending on record. */
export async function endEarly(story: Story, undos: readonly Undo[], ending: Ending): Promise<OrderResult> {
  const { input, decision } = story;
  if (decision?.kind === 'recorded') return close(story, ending);
  for (const undo of undos.toReversed()) await take(story, undo, { order: input, ending });
  await take(story, 'closeOrder', { order: input, ending });
  moveTo(story, ending.stage);
  story.decision ??= ending.refusal ? { kind: 'refused', refusal: ending.refusal } : { kind: 'recorded' };
  return close(story, ending);
}

/** Ends a story that went well. */
export function finish(story: Story): Promise<OrderResult> {
  moveTo(story, 'completed');
  return close(story);
}

/** A refusal is an outcome: poor credit declines the order, every other no rejects it. */
export function refusedEnding(refusal: OrderRefusal, actor = 'check-office'): Ending {
  return {
    stage: refusal.code === 'credit-declined' ? 'declined' : 'rejected',
    reason: refusal.detail,
    actor,
    refusal,
  };
}

async function close(story: Story, ending?: Ending): Promise<OrderResult> {
  await story.notes;
  publish(story);
  story.closed = true;
  return { orderId: story.input.orderId, stage: story.stage, refusal: ending?.refusal };
}
