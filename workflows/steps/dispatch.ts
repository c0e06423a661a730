import { patched } from '@temporalio/workflow';
import type { SituationReport } from '../../domain/delivery.ts';
import type { Done } from '../../domain/order.ts';
import type { Suspended, TradingParty } from '../../domain/suspension.ts';
import { timeouts } from '../../temporal.config.ts';
import { outOfTime } from '../runtime/early-ending.ts';
import { runStep } from '../runtime/run-step.ts';
import {
  hasBeenSaid,
  hasDistributorsSite,
  moveTo,
  type DateRefused,
  type RunningOrder,
} from '../runtime/running-order.ts';
import { transmit } from '../runtime/transmit.ts';
import { clearAttention, raiseAttention } from '../runtime/visibility.ts';
import { remainingMs, retriesKnown } from '../runtime/waiting.ts';
import { waitPaying } from './settlement.ts';
import { untilActive, withheldBy } from './suspension.ts';

/**
 * The seller instructs the distributor, who fixes date and time from commodities and address (claims 9, 11). What its rules
 * make impossible is shown to people and tried again, never settled by a silent default.
 */
export async function scheduleDispatch(order: RunningOrder): Promise<void> {
  if (order.reached.has('scheduled')) return;
  const instruction = instructionOf(order);
  if (order.agents.distributor !== 'auto') {
    // Within this function: how soon the wait follows the step is part of the recorded histories.
    if (!order.instructed) {
      let instructed: Instructed = await runStep(order, 'instructDistribution', instruction);
      while (instructed?.kind === 'suspended') instructed = await instructOnceActive(order, instructed.party);
      order.instructed = true;
    }
    const withheld = withheldBy(order, 'scheduleDispatch');
    await (withheld ? withholdSchedule(order, withheld) : dateOfDistributor(order));
  }
  for (let retryAfterMs = timeouts.replanFirstMs; ; retryAfterMs = Math.min(2 * retryAfterMs, timeouts.replanMostMs)) {
    const { schedule, retries } = order.inbox;
    const planned = await runStep(order, 'scheduleDispatch', { instruction, deliverAt: schedule?.deliverAt });
    if (planned.kind === 'scheduled') return scheduled(order, planned.deliverAt);
    if (planned.kind === 'impossible')
      await untilRegistryMayDiffer(order, planned.reason, { retries, boundMs: retryAfterMs });
    else if (planned.kind === 'suspended') await withholdSchedule(order, planned.party);
    else await anotherDateByHand(order, planned);
  }
}

/** Older histories hold no answer of this step. */
type Instructed = Done | Suspended | undefined;

async function instructOnceActive(order: RunningOrder, party: TradingParty): Promise<Instructed> {
  if (party === 'distributor') withholdEarlyDate(order);
  await untilActive(order, { step: 'instructDistribution', party, wait: waitPaying });
  return runStep(order, 'instructDistribution', instructionOf(order));
}

/** A date that came just before: it is said again, too. In the histories of former builds it was kept. */
function withholdEarlyDate(order: RunningOrder): void {
  const { inbox } = order;
  if (!inbox.schedule || !patched('withholds-early-date')) return;
  order.withheld = inbox.schedule;
  inbox.schedule = undefined;
}

/** Nothing comes of a date that a suspended distributor fixes: it is told so, and fixes one again once it may. */
async function withholdSchedule(order: RunningOrder, party: TradingParty): Promise<void> {
  const { inbox, agents, deadlines } = order;
  if (inbox.schedule) order.withheld = inbox.schedule;
  inbox.schedule = undefined;
  const otherwise = () => inbox.schedule !== undefined;
  await untilActive(order, { step: 'scheduleDispatch', party, otherwise, wait: waitPaying });
  if (agents.distributor === 'auto') return;
  for (const wait of ['scheduleReminder', 'schedule']) deadlines.delete(wait);
  await dateOfDistributor(order);
}

/** The distributor fixes the date itself: by its own server, which gets the seller's instruction, or by hand. */
function dateOfDistributor(order: RunningOrder): Promise<void> {
  return hasDistributorsSite(order) ? dateOfItsServer(order) : dateFixedByHand(order);
}

/** A date through the API ends the wait for its server; it must come where the server refuses, or leaves the date for later. */
async function dateOfItsServer(order: RunningOrder): Promise<void> {
  const { inbox, input } = order;
  const { distributorId: actor } = input;
  const fixed = () => inbox.schedule !== undefined;
  order.awaitsSchedule = true;
  clearAttention(order, 'instructDistribution');
  if (fixed()) return;
  const instructing = { to: actor, input: {}, otherwise: fixed, wait: waitPaying };
  const answer = await transmit(order, 'instructDistributor', instructing);
  if (answer?.kind === 'scheduled') inbox.schedule ??= { deliverAt: answer.deliverAt, actor };
  if (fixed()) return;
  if (answer?.kind === 'refused') raiseAttention(order, 'instructDistributor', 'DistributorRefused', 'operator');
  await dateFixedByHand(order);
}

/** How a new date is waited for. */
type Waiting = (order: RunningOrder, whom: string, ready: () => boolean) => Promise<boolean>;

/**
 * A new date after a failed attempt; the old one stays where no new one is possible, and the order shows attention until it is planned
 * again: on a retry, and when the registry has changed.
 */
export async function rescheduleDispatch(
  order: RunningOrder,
  failed: readonly SituationReport[],
  wait: Waiting = waitPaying,
): Promise<void> {
  const [failedAt] = failed.map(({ occurredAt }) => occurredAt).toSorted((a, b) => b.localeCompare(a));
  const redispatch = { instruction: instructionOf(order), attempt: failed.length, failedAt };
  const byServer = hasDistributorsSite(order) ? await newDateOfItsServer(order, redispatch, wait) : undefined;
  if (byServer === 'none') return;
  // Whoever retries while it is being planned is heard, too.
  const retries = order.inbox.retries;
  const planned = await runStep(order, 'rescheduleDispatch', { ...redispatch, ...byServer });
  order.plannedAfter = failed.length;
  if (planned.kind === 'scheduled') return rescheduled(order, planned.deliverAt);
  if (planned.kind !== 'impossible') return;
  raiseAttention(order, 'rescheduleDispatch', planned.reason, order.input.distributorId);
  // In the histories of former builds a retry plans nothing.
  if (patched('plans-again')) order.replanAfter = retries;
}

/** The distributor moves the date that is fixed, if it has said so: its own word counts more than a plan after `failed` attempts. */
export async function moveDate(order: RunningOrder, failed: number): Promise<void> {
  const { newDate } = order.inbox;
  if (!newDate) return;
  const { deliverAt, change } = newDate;
  const moved = await runStep(order, 'changeDate', { instruction: instructionOf(order), deliverAt, change });
  order.inbox.newDate = undefined;
  if (moved.kind === 'suspended') order.withheld = newDate;
  if (moved.kind === 'outside_service') order.dateRefused = { ...moved, schedule: newDate };
  if (moved.kind !== 'scheduled') return;
  order.plannedAfter = failed;
  order.dateChanged = newDate;
  rescheduled(order, moved.deliverAt);
}

/** Its own server plans again after a failed attempt. `none`: the old date stays, or reports came meanwhile, which go first. */
async function newDateOfItsServer(
  order: RunningOrder,
  { attempt, failedAt = new Date().toISOString() }: { readonly attempt: number; readonly failedAt?: string },
  wait: Waiting,
): Promise<'none' | { readonly deliverAt: string }> {
  const { distributorId: to } = order.input;
  const otherwise = () => hasBeenSaid(order);
  const scheduling = { to, input: { attempt, failedAt }, otherwise, wait };
  const answer = await transmit(order, 'scheduleAgain', scheduling);
  if (answer?.kind === 'received') order.plannedAfter = attempt;
  return answer?.kind === 'scheduled' ? { deliverAt: answer.deliverAt } : 'none';
}

/** The order is on the distributor's list. */
function scheduled(order: RunningOrder, deliverAt: string): void {
  clearAttention(order, 'scheduleDispatch');
  clearAttention(order, 'instructDistributor');
  order.deliverAt = deliverAt;
  order.awaitsSchedule = false;
  moveTo(order, 'scheduled');
}

/** A new date ends what was overdue under the old one. */
function rescheduled(order: RunningOrder, deliverAt: string): void {
  order.deliverAt = deliverAt;
  order.overdue = false;
  order.replanAfter = undefined;
  clearAttention(order, 'delivery');
  clearAttention(order, 'rescheduleDispatch');
}

async function dateFixedByHand(order: RunningOrder): Promise<void> {
  const { inbox, input } = order;
  const fixed = () => inbox.schedule !== undefined;
  order.awaitsSchedule = true;
  clearAttention(order, 'instructDistribution');
  const reminderMs = remainingMs(order, 'scheduleReminder', timeouts.scheduleReminderMs);
  if (await waitPaying(order, input.distributorId, fixed, reminderMs)) return;
  raiseAttention(order, 'scheduleDispatch', 'NotScheduled', input.distributorId);
  if (await waitPaying(order, input.distributorId, fixed, remainingMs(order, 'schedule', timeouts.scheduleMs))) return;
  throw outOfTime(order.paid ? 'refunded' : 'cancelled', 'The distributor fixed no date in time.');
}

/** The distributor hears that its own terms do not allow the date, and fixes another one. */
async function anotherDateByHand(order: RunningOrder, refused: DateRefused): Promise<void> {
  const { inbox, input, receipts } = order;
  const signed = receipts.get('instructDistributor');
  // Whoever fixes a date through the API is answered so; a server that has signed for one is asked nothing any more.
  if (signed?.kind === 'scheduled' && signed.deliverAt === inbox.schedule?.deliverAt)
    raiseAttention(order, 'scheduleDispatch', 'OutsideService', input.distributorId);
  order.dateRefused = { ...refused, schedule: inbox.schedule };
  inbox.schedule = undefined;
  await dateFixedByHand(order);
}

/** Waits until more retries than these were asked for, by an operator or a change of the registry, at most for `boundMs`. */
async function untilRegistryMayDiffer(
  order: RunningOrder,
  reason: string,
  { retries, boundMs }: { readonly retries: number; readonly boundMs: number },
): Promise<void> {
  const { inbox, input } = order;
  raiseAttention(order, 'scheduleDispatch', reason, input.distributorId);
  const before = retriesKnown(order, retries);
  await waitPaying(order, input.distributorId, () => inbox.retries > before, boundMs);
}

function instructionOf({ input }: RunningOrder) {
  const { orderId, sellerId, distributorId, lines, deliverToSealed } = input;
  return { orderId, sellerId, distributorId, lines, deliverToSealed };
}
