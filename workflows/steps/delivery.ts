import { patched } from '@temporalio/workflow';
import { isOnTheWay, situationOf, type SituationReport } from '../../domain/delivery.ts';
import { timeouts } from '../../temporal.config.ts';
import { EarlyEnding } from '../runtime/early-ending.ts';
import { runStep, runStepDurably } from '../runtime/run-step.ts';
import {
  hasBeenSaid,
  hasDistributorsSite,
  isToBePlannedAgain,
  moveTo,
  type RunningOrder,
} from '../runtime/running-order.ts';
import { clearAttention, raiseAttention } from '../runtime/visibility.ts';
import { moveDate, rescheduleDispatch } from './dispatch.ts';
import { waitPaying } from './settlement.ts';

/**
 * Follows the goods until they are delivered, or will never be (claim 12). The situation is the highest rank of all reports,
 * so early, late, repeated and shuffled signals come to the same end.
 */
export async function followDelivery(order: RunningOrder): Promise<void> {
  const { inbox } = order;
  while (!order.reached.has('delivered')) {
    if (hasDistributorsSite(order)) await planAgain(order);
    await untilSaid(order);
    const newReports = takeReports(order);
    const reports = [...inbox.reports.values()];
    const situation = situationOf(reports);
    await recordOnTheWay(order, newReports);
    if (situation === 'delivered') return;
    if (situation === 'lost' || situation === 'returned') throw neverDelivered(order, situation);
    if (!hasDistributorsSite(order) && newReports.some(({ kind }) => kind === 'failed_attempt'))
      await planAfterFailure(order);
    await moveDate(order, failedAttempts(order).length);
    if (isToBePlannedAgain(order)) await rescheduleDispatch(order, failedAttempts(order));
  }
}

/** After a failed attempt the distributor's own server is asked, until it has signed for it; what it reports meanwhile goes first. */
async function planAgain(order: RunningOrder): Promise<void> {
  const failed = failedAttempts(order);
  const isKnown = failed.length <= order.plannedAfter || hasBeenSaid(order);
  if (!isKnown) await rescheduleDispatch(order, failed, waitForGoods);
}

/** Unless the distributor has fixed a date itself since it failed, whose report was taken up later. */
async function planAfterFailure(order: RunningOrder): Promise<void> {
  const failed = failedAttempts(order);
  // In the histories of former builds its date was planned over.
  if (failed.length <= order.plannedAfter && patched('keeps-own-date')) return;
  await rescheduleDispatch(order, failed);
}

function failedAttempts({ inbox }: RunningOrder): SituationReport[] {
  return [...inbox.reports.values()].filter(({ kind }) => kind === 'failed_attempt');
}

/**
 * What came too late to be taken up goes on record all the same; a report that does not fit the end raises attention there. `durably`:
 * while something runs beside it, which a local activity must not.
 */
export async function recordLateReports(order: RunningOrder, how: 'fast' | 'durably' = 'fast'): Promise<void> {
  const { orderId, distributorId } = order.input;
  const reports = takeReports(order);
  const run = how === 'durably' ? runStepDurably : runStep;
  await run(order, 'recordDistribution', { orderId, distributorId, reports, status: situationOf(reports) });
}

/** Waits for a report that is not known yet, or for another date. */
async function untilSaid(order: RunningOrder): Promise<void> {
  await waitForGoods(order, order.input.distributorId, () => hasBeenSaid(order));
}

/**
 * Waits while the goods are under way, for as long as it takes, also for a server that is to plan them again. An overdue delivery needs attention and may be cancelled by its buyer; the wait
 * goes on, for goods that are on their way do not vanish because a clock ran out.
 */
async function waitForGoods(order: RunningOrder, whom: string, ready: () => boolean): Promise<boolean> {
  if (!order.overdue && !(await waitPaying(order, whom, ready, untilOverdueMs(order)))) {
    order.overdue = true;
    raiseAttention(order, 'delivery', 'Overdue', order.input.distributorId);
  }
  return waitPaying(order, whom, ready);
}

function takeReports({ inbox }: RunningOrder): SituationReport[] {
  return inbox.newReports.splice(0);
}

/** The confirmation itself goes on record with the completion. */
async function recordOnTheWay(order: RunningOrder, newReports: readonly SituationReport[]): Promise<void> {
  const { orderId, distributorId } = order.input;
  const reports = newReports.filter(({ kind }) => kind !== 'delivered');
  if (reports.length === 0) return;
  const status = situationOf([...order.inbox.reports.values()].filter(({ kind }) => kind !== 'delivered'));
  await runStep(order, 'recordDistribution', { orderId, distributorId, reports, status });
  if (isOnTheWay(status)) moveTo(order, 'in_distribution');
}

function neverDelivered(order: RunningOrder, situation: 'lost' | 'returned'): EarlyEnding {
  clearAttention(order, 'delivery');
  return new EarlyEnding({
    stage: 'refunded',
    reason: `The goods were ${situation}.`,
    actor: order.input.distributorId,
  });
}

function untilOverdueMs({ deliverAt }: RunningOrder): number {
  const due = deliverAt ? Date.parse(deliverAt) : Date.now();
  return Math.max(1, due + timeouts.overdueGraceMs - Date.now());
}
