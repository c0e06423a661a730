import type { Ending } from '../../domain/ending.ts';
import { isOnTheWay, situationOf, type SituationReport } from '../../domain/delivery.ts';
import { timeouts } from '../../temporal.config.ts';
import { clearAttention, raiseAttention } from '../runtime/attention.ts';
import { replan } from './dispatch.ts';
import { runStep, runStepsTogether } from '../runtime/run-step.ts';
import { issuedOrder, moveTo, type Story } from '../runtime/story.ts';
import { waitFor } from '../runtime/waiting.ts';

/**
 * Follows the goods until they are delivered, or will never be (claim 12). The situation is the highest rank of all reports,
 * so early, late, repeated and shuffled signals come to the same end.
 */
export async function followDelivery(story: Story): Promise<Ending | undefined> {
  while (!story.reached.has('delivered')) {
    await news(story);
    const fresh = story.unread;
    story.unread = [];
    const reports = [...story.reports.values()];
    const situation = situationOf(reports);
    await note(story, fresh);
    if (situation === 'delivered') return undefined;
    if (situation === 'lost' || situation === 'returned') return neverDelivered(story, situation);
    if (fresh.some(({ kind }) => kind === 'failed_attempt')) await replan(story, failedAttempts(reports));
  }
  return undefined;
}

/** What came too late to be taken up goes on record all the same; a report that does not fit the end raises attention there. */
export async function recordLateReports(story: Story): Promise<void> {
  const { orderId, distributorId } = story.input;
  const reports = story.unread;
  story.unread = [];
  const status = situationOf(reports);
  await runStep(story, 'recordDistribution', { orderId, distributorId, reports, status });
}

/** The distributor has the order on its list: only from here on can its reports be about these goods. */
export function isDispatched({ stage }: Story): boolean {
  return stage === 'scheduled' || stage === 'in_distribution';
}

/** The goods are with the buyer, whether or not the story has taken it up yet: nothing may be undone any more. */
export function isDelivered(story: Story): boolean {
  return isDispatched(story) && situationOf(story.reports.values()) === 'delivered';
}

/**
 * Tells the seller and the check office that the distribution is complete (claims 12, 23). Returns the early ending that was
 * decided on record before the completion got there.
 */
export async function completeDelivery(story: Story): Promise<Ending | undefined> {
  if (story.reached.has('delivered')) return undefined;
  const { orderId, sellerId, distributorId } = story.input;
  const completion = {
    orderId,
    sellerId,
    distributorId,
    checkNumber: issuedOrder(story).echeck.number,
    confirmation: confirmationOf(story),
  };
  clearAttention(story, 'delivery');
  clearAttention(story, 'rescheduleDispatch');
  const told = await runStepsTogether(story, {
    notifySellerOfCompletion: completion,
    notifyOfficeOfCompletion: completion,
  });
  const [seller] = await Promise.all([told.notifySellerOfCompletion(), told.notifyOfficeOfCompletion()]);
  if (seller?.kind === 'decided') return seller.ending;
  moveTo(story, 'delivered');
  return undefined;
}

/**
 * Waits for a report that is not known yet. An overdue delivery needs attention and may be cancelled by its buyer; the wait
 * goes on, for goods that are on their way do not vanish because a clock ran out.
 */
async function news(story: Story): Promise<void> {
  const arrived = () => story.unread.length > 0;
  const { distributorId } = story.input;
  if (!story.overdue && !(await waitFor(story, distributorId, arrived, untilOverdue(story)))) {
    story.overdue = true;
    raiseAttention(story, 'delivery', 'Overdue', distributorId);
  }
  await waitFor(story, distributorId, arrived);
}

async function note(story: Story, fresh: readonly SituationReport[]): Promise<void> {
  const { orderId, distributorId } = story.input;
  // The confirmation itself goes on record with the completion.
  const reports = fresh.filter(({ kind }) => kind !== 'delivered');
  if (reports.length === 0) return;
  const status = situationOf([...story.reports.values()].filter(({ kind }) => kind !== 'delivered'));
  await runStep(story, 'recordDistribution', { orderId, distributorId, reports, status });
  if (isOnTheWay(status)) moveTo(story, 'in_distribution');
}

function neverDelivered(story: Story, situation: 'lost' | 'returned'): Ending {
  clearAttention(story, 'delivery');
  return { stage: 'refunded', reason: `The goods were ${situation}.`, actor: story.input.distributorId };
}

function failedAttempts(reports: readonly SituationReport[]): number {
  return reports.filter(({ kind }) => kind === 'failed_attempt').length;
}

function untilOverdue(story: Story): number {
  const due = story.deliverAt ? Date.parse(story.deliverAt) : Date.now();
  return Math.max(1, due + timeouts.overdueGraceMs - Date.now());
}

/** The earliest confirmation: the same one, whatever order they came in. */
function confirmationOf(story: Story): SituationReport {
  const [first] = [...story.reports.values()]
    .filter(({ kind }) => kind === 'delivered')
    .toSorted((a, b) => a.occurredAt.localeCompare(b.occurredAt) || a.eventId.localeCompare(b.eventId));
  if (!first) throw new Error('the delivery was not confirmed');
  return first;
}
