import { allHandlersFinished, condition, isCancellation, patched } from '@temporalio/workflow';
import type { Ending } from '../../domain/ending.ts';
import type { OrderRefusal } from '../../domain/order.ts';
import { clearAllAttention } from '../runtime/attention.ts';
import { isDelivered, recordLateReports } from './delivery.ts';
import { DecidedOtherwise, runStep, runStepDurably } from '../runtime/run-step.ts';
import type { OrderResult } from '../messages/definitions.ts';
import { recall } from './recall.ts';
import { moveTo, type Story } from '../runtime/story.ts';
import { publish, untilNotesAreWritten } from '../runtime/waiting.ts';

/** The undos, by their steps' names. Each tolerates that its step never ran. */
export type Undo = 'voidCheckIfIssued' | 'refundIfSettled' | 'cancelDispatchIfInstructed';

/**
 * Tells the part of the story that can still be undone. Whoever wants the order ended early (a party, an operator, Temporal's
 * own cancel) cancels this part wherever it stands; after it nobody can. Goods that were delivered meanwhile outweigh it.
 */
export async function reversibly(story: Story, tell: () => Promise<Ending | undefined>): Promise<Ending | undefined> {
  const { reversible } = story;
  if (!reversible) throw new Error('the story is past its point of no return');
  try {
    return await reversible.run(tell);
  } catch (fault) {
    if (fault instanceof DecidedOtherwise) return fault.ending;
    if (!isCancellation(fault)) throw fault;
    if (!story.wanted && isDelivered(story)) return undefined;
    return story.wanted ?? { stage: 'cancelled', reason: 'cancelled in Temporal', actor: 'temporal' };
  } finally {
    story.reversible = undefined;
  }
}

/**
 * Puts the decision to end early on record, before its first effect, and returns the one that stands there. It is taken as a
 * regular activity, so that Temporal's history has both what led to it and what came of it before anything is undone: a
 * message that comes meanwhile, or the death of a worker, finds it decided. `undefined`: the goods were delivered before.
 */
export async function decide(story: Story, wanted: Ending): Promise<Ending | undefined> {
  if (!patched('decide-first')) return wanted;
  const decision = await runStepDurably(story, 'decideEnding', { order: story.input, ending: wanted });
  if (decision.kind === 'decided') return decision.ending;
  await recall(story);
  return undefined;
}

/** Unwinds what was done, last first, each undo for as long as it takes, then puts the ending on record. */
export async function endEarly(story: Story, undos: readonly Undo[], decided: Ending): Promise<OrderResult> {
  const { input } = story;
  let ending = decided;
  for (const undo of undos.toReversed()) {
    const undone = await runStep(story, undo, { order: input, ending });
    // Only orders of before decisions stood on record learn it here: the answer of a payment may have been lost.
    if (undone === 'refunded') ending = { ...ending, stage: 'refunded' };
  }
  const closed = await runStep(story, 'closeOrder', { order: input, ending });
  if (closed?.kind === 'closed') ending = closed.ending;
  story.stage = ending.stage;
  story.reached.add(ending.stage);
  story.decision ??= ending.refusal ? { kind: 'refused', refusal: ending.refusal } : { kind: 'recorded' };
  return close(story, ending);
}

/** Ends a story that went well, unless all of its payment was given back on the way. */
export function finish(story: Story): Promise<OrderResult> {
  moveTo(story, 'completed');
  if (story.givenBack) moveTo(story, 'refunded');
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

/** The ending is on record: whoever waits for an answer gets it now, then the last notes for people are written. */
async function close(story: Story, ending?: Ending): Promise<OrderResult> {
  story.closed = true;
  clearAllAttention(story);
  publish(story);
  await untilNotesAreWritten(story);
  return { orderId: story.input.orderId, stage: story.stage, refusal: ending?.refusal };
}

/** Lets every answer be given and every report be recorded: nothing that reached the workflow is lost with it. */
export async function untilNothingIsLeft(story: Story): Promise<void> {
  for (;;) {
    await condition(allHandlersFinished);
    if (story.unread.length === 0) return;
    await recordLateReports(story);
  }
}
