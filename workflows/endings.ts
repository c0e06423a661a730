import { isCancellation } from '@temporalio/workflow';
import type { Ending } from '../domain/ending.ts';
import type { OrderRefusal } from '../domain/order.ts';
import { clearAllAttention } from './attention.ts';
import { isDelivered } from './delivery.ts';
import { take } from './lanes.ts';
import type { OrderResult } from './messages.ts';
import { moveTo, type Story } from './story.ts';
import { publish, untilNotesAreWritten } from './waiting.ts';

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
    if (!isCancellation(fault)) throw fault;
    if (!story.wanted && isDelivered(story)) return undefined;
    return story.wanted ?? { stage: 'cancelled', reason: 'cancelled in Temporal', actor: 'temporal' };
  } finally {
    story.reversible = undefined;
  }
}

/** Unwinds what was done, last first, each undo for as long as it takes, then puts the ending on record. */
export async function endEarly(story: Story, undos: readonly Undo[], wanted: Ending): Promise<OrderResult> {
  const { input, decision } = story;
  if (decision?.kind === 'recorded') return close(story, wanted);
  let ending = story.paid ? asRefund(wanted) : wanted;
  for (const undo of undos.toReversed()) {
    const undone = await take(story, undo, { order: input, ending });
    // Whether the seller was paid is asked of the ledger: the answer of a payment may have been lost.
    if (undone === 'refunded') ending = asRefund(ending);
  }
  await take(story, 'closeOrder', { order: input, ending });
  moveTo(story, ending.stage);
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

/** An end that comes after the payment gives it back. */
function asRefund(ending: Ending): Ending {
  return { ...ending, stage: 'refunded' };
}

/** The ending is on record: whoever waits for an answer gets it now, then the last notes for people are written. */
async function close(story: Story, ending?: Ending): Promise<OrderResult> {
  story.closed = true;
  clearAllAttention(story);
  publish(story);
  await untilNotesAreWritten(story);
  return { orderId: story.input.orderId, stage: story.stage, refusal: ending?.refusal };
}
