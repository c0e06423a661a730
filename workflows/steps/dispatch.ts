import type { Ending } from '../../domain/ending.ts';
import { timeouts } from '../../temporal.config.ts';
import { clearAttention, raiseAttention } from '../runtime/attention.ts';
import { runStep } from '../runtime/run-step.ts';
import { moveTo, type Story } from '../runtime/story.ts';
import { leftOf, waitFor } from '../runtime/waiting.ts';

/**
 * The seller instructs the distributor, who fixes date and time from commodities and address (claims 9, 11). What its rules
 * make impossible is shown to people and tried again, never settled by a silent default.
 */
export async function dispatch(story: Story): Promise<Ending | undefined> {
  if (story.reached.has('scheduled')) return undefined;
  const instruction = instructionOf(story);
  if (story.agents.distributor === 'manual') {
    await runStep(story, 'instructDistribution', instruction);
    if (!(await dateFixedByHand(story))) return notScheduled(story);
  }
  for (let patienceMs = timeouts.replanFirstMs; ; patienceMs = Math.min(2 * patienceMs, timeouts.replanMostMs)) {
    const scheduled = await runStep(story, 'scheduleDispatch', {
      instruction,
      deliverAt: story.inbox.schedule?.deliverAt,
    });
    if (scheduled.kind === 'scheduled') return onTheDistributorsList(story, scheduled.deliverAt);
    await untilRegistryMayDiffer(story, scheduled.reason, patienceMs);
  }
}

/** A new date after a failed attempt; the old one stays where no new one is possible, and people are told. */
export async function replan(story: Story, attempt: number): Promise<void> {
  const scheduled = await runStep(story, 'rescheduleDispatch', { instruction: instructionOf(story), attempt });
  if (scheduled.kind === 'scheduled') return promised(story, scheduled.deliverAt);
  if (scheduled.kind === 'impossible')
    raiseAttention(story, 'rescheduleDispatch', scheduled.reason, story.input.distributorId);
}

/** A new date ends what was overdue under the old one. */
function promised(story: Story, deliverAt: string): void {
  story.deliverAt = deliverAt;
  story.overdue = false;
  clearAttention(story, 'delivery');
  clearAttention(story, 'rescheduleDispatch');
}

function onTheDistributorsList(story: Story, deliverAt: string): undefined {
  clearAttention(story, 'scheduleDispatch');
  story.deliverAt = deliverAt;
  story.inbox.scheduleWanted = false;
  moveTo(story, 'scheduled');
}

async function dateFixedByHand(story: Story): Promise<boolean> {
  const { inbox, input } = story;
  const fixed = () => inbox.schedule !== undefined;
  inbox.scheduleWanted = true;
  if (await waitFor(story, input.distributorId, fixed, leftOf(story, 'scheduleReminder', timeouts.scheduleReminderMs)))
    return true;
  raiseAttention(story, 'scheduleDispatch', 'NotScheduled', input.distributorId);
  return waitFor(story, input.distributorId, fixed, leftOf(story, 'schedule', timeouts.scheduleMs));
}

/** Waits until an operator asks again or the registry has changed, or a while: the card says until when. */
async function untilRegistryMayDiffer(story: Story, reason: string, patienceMs: number): Promise<void> {
  const before = story.retries;
  story.nextTry = new Date(Date.now() + patienceMs).toISOString();
  raiseAttention(story, 'scheduleDispatch', reason, story.input.distributorId);
  await waitFor(story, story.input.distributorId, () => story.retries > before, patienceMs);
  story.nextTry = undefined;
}

function notScheduled(story: Story): Ending {
  const stage = story.paid ? 'refunded' : 'cancelled';
  return { stage, reason: 'The distributor fixed no date in time.', actor: 'service' };
}

function instructionOf({ input }: Story) {
  const { orderId, sellerId, distributorId, lines, deliverToSealed } = input;
  return { orderId, sellerId, distributorId, lines, deliverToSealed };
}
