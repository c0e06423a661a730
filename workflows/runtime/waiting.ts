import { allHandlersFinished, condition, makeContinueAsNewFunc, patched, workflowInfo } from '@temporalio/workflow';
import { longHistoryEvents, timeouts } from '../../temporal.config.ts';
import type { OrderResult } from '../messages/definitions.ts';
import { carriedFrom, type OrderStart } from './carried-state.ts';
import type { RunningOrder } from './running-order.ts';
import { publish } from './visibility.ts';

/**
 * Waits durably until `ready`, at most for `boundMs`; `false` when the time ran out. What the search attributes and the card
 * say is brought up to date first: an order that waits can be found by what it waits for. One whose history has become long, or
 * that is to move on to another build, continues as new from here.
 */
export async function waitFor(
  order: RunningOrder,
  whom: string,
  ready: () => boolean,
  boundMs?: number,
): Promise<boolean> {
  if (ready()) return true;
  order.waitingOn = whom;
  order.waitingSince = new Date().toISOString();
  publish(order);
  const wake = () => ready() || mayContinueAsNew(order);
  try {
    const summary = `how long ${whom} may take`;
    const woken = boundMs === undefined ? (await condition(wake), true) : await condition(wake, boundMs, { summary });
    if (woken && !ready()) await continueInNewRun(order);
    return woken;
  } finally {
    order.waitingOn = null;
  }
}

/** What remains of a wait of `boundMs` that began when it was first asked for, in this run or in one before it. */
export function remainingMs(order: RunningOrder, wait: string, boundMs: number): number {
  const until = order.deadlines.get(wait) ?? Date.now() + boundMs;
  order.deadlines.set(wait, until);
  return Math.max(1, until - Date.now());
}

/**
 * The retries that a step took into account which began at `before`: one that came while it ran is heard by the wait after it, for
 * the step may have looked before its cause was removed. In the histories of former builds it was not heard.
 */
export function retriesKnown({ inbox }: RunningOrder, before: number): number {
  return inbox.retries === before || patched('hears-retries') ? before : inbox.retries;
}

/** How long the check is still good: the bound of every wait before its acceptance. */
export function validityMs({ issued }: RunningOrder): number {
  if (!issued) throw new Error('no check was issued yet');
  return Math.max(1, Date.parse(issued.echeck.expiresAt) - Date.now());
}

/** Lets the last notes for people be written. They do not hold an ended order open permanently: its history has them, too. */
export async function untilNotesAreWritten({ unwritten }: RunningOrder): Promise<void> {
  const written = () => unwritten.length === 0;
  if (!written())
    await condition(written, timeouts.lastNotes, { summary: 'how long the last notes for people may take' });
}

/**
 * Whether a new run had better go on with the order: its history has become long, or its build is to be drained. Only where the order
 * waits and nobody waits for it: everything that the workflow knows is then in its `RunningOrder`.
 */
export function mayContinueAsNew(order: RunningOrder): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  const isLong = continueAsNewSuggested || historyLength >= longHistoryEvents;
  return (isLong && order.reversible !== undefined && isQuiet(order)) || mayMoveOn(order);
}

/**
 * Whether the order is to move on to the current build, and may do so now: before its early end was decided, or after its delivery. No
 * message to a party's server may be under way but the `own` of whoever asks, who ends it first: the new run would not know of it.
 */
export function mayMoveOn(order: RunningOrder, own = 0): boolean {
  const { inbox, reversible, reached, underWay } = order;
  if (!inbox.moveOn || underWay > own || !isQuiet(order)) return false;
  return reversible !== undefined || reached.has('delivered');
}

function isQuiet({ inbox, unwritten }: RunningOrder): boolean {
  return inbox.newReports.length === 0 && unwritten.length === 0 && !inbox.ending && allHandlersFinished();
}

/** Goes on in a new run, with everything that this one knows. Never returns: what follows happens in the new run. */
export function continueInNewRun(order: RunningOrder): Promise<never> {
  const next = makeContinueAsNewFunc<(input: OrderStart) => Promise<OrderResult>>(
    order.inbox.moveOn ? { initialVersioningBehavior: 'AUTO_UPGRADE' } : {},
  );
  return next({ ...order.input, carried: carriedFrom(order) });
}
