import { allHandlersFinished, condition, isCancellation, patched } from '@temporalio/workflow';
import type { Ending } from '../../domain/order.ts';
import type { OrderResult } from '../messages/definitions.ts';
import { EarlyEnding } from '../runtime/early-ending.ts';
import { runStep, runStepDurably } from '../runtime/run-step.ts';
import { moveTo, type RunningOrder } from '../runtime/running-order.ts';
import { clearAllAttention, publish } from '../runtime/visibility.ts';
import { untilNotesAreWritten } from '../runtime/waiting.ts';
import { isDelivered } from '../runtime/may-cancel.ts';
import { recordLateReports } from './delivery.ts';
import { notifySitesOfEnding } from './ending.ts';
import { resumeFromRecord } from './recall.ts';

/** The undos, by their steps' names. Each tolerates that its step never ran. */
export type Undo = 'voidCheckIfIssued' | 'refundIfSettled' | 'cancelDispatchIfInstructed';

/**
 * Runs the steps that can still be undone; returns the early ending that is wanted, if any. Whoever wants the order ended early
 * (a party, an operator, Temporal's own cancel) cancels these steps wherever they are; after them nobody can. Goods that were
 * delivered meanwhile outweigh it.
 */
export async function reversibly(order: RunningOrder, steps: () => Promise<void>): Promise<Ending | undefined> {
  const { reversible } = order;
  if (!reversible) throw new Error('the order is past its point of no return');
  try {
    await reversible.run(steps);
    return undefined;
  } catch (fault) {
    if (fault instanceof EarlyEnding) return fault.ending;
    if (!isCancellation(fault)) throw fault;
    const { ending } = order.inbox;
    if (!ending && isDelivered(order)) return undefined;
    return ending ?? { stage: 'cancelled', reason: 'cancelled in Temporal', actor: 'temporal' };
  } finally {
    order.reversible = undefined;
  }
}

/**
 * Puts the decision to end early on record, before its first effect, and returns the one that stands there. It is made by a
 * regular activity, so that Temporal's history has both what led to it and what came of it before anything is undone: a
 * message that comes meanwhile, or the death of a worker, finds it decided. `undefined`: the goods were delivered before.
 */
export async function decideEnding(order: RunningOrder, wanted: Ending): Promise<Ending | undefined> {
  if (!patched('decide-first')) return wanted;
  const decision = await runStepDurably(order, 'decideEnding', { order: order.input, ending: wanted });
  if (decision.kind === 'decided') return decision.ending;
  await resumeFromRecord(order);
  return undefined;
}

/**
 * Undoes what was done, last first, each undo for as long as it takes, then puts the ending on record: money first. Then the parties'
 * own servers are notified, whom nobody waits for.
 */
export async function endEarly(order: RunningOrder, undos: readonly Undo[], decided: Ending): Promise<OrderResult> {
  const { input } = order;
  let ending = decided;
  for (const undo of undos.toReversed()) {
    const undone = await runStep(order, undo, { order: input, ending });
    // Only orders of before decisions stood on record learn it here: the answer of a payment may have been lost.
    if (undone === 'refunded') ending = { ...ending, stage: 'refunded' };
  }
  const closed = await runStep(order, 'closeOrder', { order: input, ending });
  if (closed?.kind === 'closed') ending = closed.ending;
  order.stage = ending.stage;
  order.reached.add(ending.stage);
  order.decision ??= ending.refusal ? { kind: 'refused', refusal: ending.refusal } : { kind: 'recorded' };
  const result = await close(order, ending);
  await notifySitesOfEnding(order, ending);
  return result;
}

/** Ends an order that went well, unless all of its payment was given back on the way. */
export function finish(order: RunningOrder): Promise<OrderResult> {
  moveTo(order, 'completed');
  if (order.givenBack) moveTo(order, 'refunded');
  return close(order);
}

/** Lets every answer be given and every report be recorded: nothing that reached the workflow is lost with it. */
export async function finishHandlers(order: RunningOrder): Promise<void> {
  for (;;) {
    await condition(allHandlersFinished);
    if (order.inbox.newReports.length === 0) return;
    await recordLateReports(order);
  }
}

/** The ending is on record: whoever waits for an answer gets it now, then the last notes for people are written. */
async function close(order: RunningOrder, ending?: Ending): Promise<OrderResult> {
  order.closed = true;
  clearAllAttention(order);
  publish(order);
  await untilNotesAreWritten(order);
  return { orderId: order.input.orderId, stage: order.stage, refusal: ending?.refusal };
}
