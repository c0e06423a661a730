import { timeouts } from '../../temporal.config.ts';
import { checkRefused, type EarlyEnding, outOfTime, refused } from '../runtime/early-ending.ts';
import { runStep } from '../runtime/run-step.ts';
import {
  hasSellersSite,
  type Inbox,
  issuedOrder,
  moveTo,
  partiesOf,
  type RunningOrder,
} from '../runtime/running-order.ts';
import { transmit } from '../runtime/transmit.ts';
import { clearAttention, raiseAttention } from '../runtime/visibility.ts';
import { validityMs, waitFor } from '../runtime/waiting.ts';
import { untilActive, withheldBy } from './suspension.ts';

/**
 * The seller promises distribution and the buyer gets notice of it (claim 1), or the seller says no: by hand, or by its own server,
 * which gets check, order and address in one message. One that was suspended meanwhile promises nothing: the order waits for an
 * operator, until its check runs out.
 */
export async function acceptOrder(order: RunningOrder): Promise<void> {
  if (order.reached.has('accepted')) return;
  const { inbox, input } = order;
  if (withheldBy(order, 'acceptOrder')) await untilSellerMay(order);
  for (;;) {
    if (hasSellersSite(order)) await presentToSeller(order);
    // Within this function: how soon the step follows the decision is part of the recorded histories.
    if (!(await waitFor(order, input.sellerId, () => isDecided(order), validityMs(order))))
      throw outOfTime('expired', 'The seller did not decide in time.');
    if (inbox.refusal) throw refusedBySeller(order, inbox.refusal);
    const outcome = await runStep(order, 'acceptOrder', acceptanceOf(order));
    if (outcome.kind === 'refused') throw checkRefused(outcome.reason);
    if (outcome.kind === 'accepted') return accepted(order);
    if (outcome.kind === 'unvalidated') {
      await untilValidated(order);
      continue;
    }
    // Who decides by hand is told that nothing came of it, and decides again.
    order.withheld = inbox.acceptance;
    inbox.acceptance = undefined;
    await untilSellerMay(order);
  }
}

/** What its own server says of a presentation counts as what the seller says through the API, which ends the wait for it. */
async function presentToSeller(order: RunningOrder): Promise<void> {
  const { inbox, input } = order;
  const said = () => inbox.acceptance !== undefined || inbox.refusal !== undefined;
  if (said()) return;
  const boundMs = validityMs(order);
  const actor = input.sellerId;
  const answer = await transmit(order, 'presentToSeller', { to: actor, input: {}, otherwise: said, boundMs });
  if (answer?.kind === 'promised') inbox.acceptance ??= { actor };
  if (answer?.kind === 'refused') inbox.refusal ??= { actor, reason: answer.reason };
}

/** A seller with a server of its own promises nothing before it has had the check validated. */
function acceptanceOf(order: RunningOrder) {
  return { ...partiesOf(order), ...(hasSellersSite(order) && { sellerAgent: 'site' as const }) };
}

/** An acceptance through the API is answered so, and may be said again; a promise of its server waits until the check is validated. */
async function untilValidated(order: RunningOrder): Promise<void> {
  const { inbox, input, receipts } = order;
  order.unvalidated = inbox.acceptance;
  inbox.acceptance = undefined;
  if (receipts.get('presentToSeller')?.kind !== 'promised') return;
  raiseAttention(order, 'acceptOrder', 'NotValidated', input.sellerId);
  const before = inbox.retries;
  const otherwise = () => inbox.acceptance !== undefined || inbox.refusal !== undefined || inbox.retries > before;
  await waitFor(order, input.sellerId, otherwise, Math.min(timeouts.replanFirstMs, validityMs(order)));
  if (Date.now() >= Date.parse(issuedOrder(order).echeck.expiresAt))
    throw outOfTime('expired', 'The seller did not have the check validated in time.');
}

function isDecided(order: RunningOrder): boolean {
  const { inbox, promiseDue } = order;
  const agentMay = promiseDue === true && withheldBy(order, 'acceptOrder') === undefined;
  return inbox.acceptance !== undefined || inbox.refusal !== undefined || agentMay;
}

function refusedBySeller(order: RunningOrder, { reason, actor }: NonNullable<Inbox['refusal']>): EarlyEnding {
  clearAttention(order, 'acceptOrder');
  return refused({ code: 'refused-by-seller', detail: reason }, actor);
}

async function untilSellerMay(order: RunningOrder): Promise<void> {
  const { inbox } = order;
  const otherwise = () => inbox.acceptance !== undefined || inbox.refusal !== undefined;
  const withheld = { step: 'acceptOrder', party: 'seller', otherwise, boundMs: validityMs(order) } as const;
  if (await untilActive(order, withheld)) return;
  clearAttention(order, 'acceptOrder');
  throw outOfTime('expired', 'The seller was suspended until the check ran out.');
}

/** With the notice out, an automatic buyer has indicated the payment in the same transaction. */
export function accepted(order: RunningOrder): void {
  clearAttention(order, 'acceptOrder');
  order.promiseDue = false;
  moveTo(order, 'accepted');
  if (order.agents.payment === 'auto') order.paymentIndicated = true;
}
