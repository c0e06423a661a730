import { patched } from '@temporalio/workflow';
import { timeouts } from '../../temporal.config.ts';
import { runStep } from '../runtime/run-step.ts';
import { hasSellersSite, issuedOrder, settledOn, type RunningOrder } from '../runtime/running-order.ts';
import { transmit } from '../runtime/transmit.ts';
import { clearAttention, raiseAttention } from '../runtime/visibility.ts';
import { remainingMs, retriesKnown, waitFor } from '../runtime/waiting.ts';
import { notifyOffice } from './office-notice.ts';
import { registrationOf, untilActive, withheldBy } from './suspension.ts';

/**
 * `settleOn: notice`: the seller is paid right after the notice, as claim 5 has it literally. One that demands its payment
 * itself is paid when it does so, whatever the order waits for then.
 */
export async function settleAtNotice(order: RunningOrder): Promise<void> {
  if (settledOn(order) === 'notice' && order.paymentDemand === 'auto' && !order.paid) await settlePayment(order);
}

/** `settleOn: delivery`: the seller is paid now. Otherwise only the check becomes final (claim 23). */
export async function settleAtDelivery(order: RunningOrder): Promise<void> {
  if (order.reached.has('completed')) return;
  const onDelivery = settledOn(order) === 'delivery';
  if (order.paymentDemand === 'own' && !order.paid) await untilPaid(order);
  else if (onDelivery) await settlePayment(order);
  if (hasSellersSite(order)) await notifySellerOfPayment(order);
  else if (onDelivery) return;
  order.givenBack = (await runStep(order, 'finaliseCheck', demandOf(order))).kind === 'refunded';
}

/**
 * Notifies the seller's own server that it was paid, before its check becomes final. One that demands its payment while the order waits
 * for somebody else is notified at once; `otherwise` ends that wait, and it is notified again in the end.
 */
async function notifySellerOfPayment(order: RunningOrder, otherwise?: () => boolean, boundMs?: number): Promise<void> {
  const { sellerId: to } = order.input;
  await transmit(order, 'notifySellerOfPayment', { to, input: {}, otherwise, boundMs });
}

/**
 * Waits as `waitFor` does. A seller that is paid at the notice, and demands its payment itself, is paid meanwhile when it does so:
 * neither its buyer nor its distributor waits for that, and it waits for neither of them.
 */
export function waitPaying(
  order: RunningOrder,
  whom: string,
  ready: () => boolean,
  boundMs?: number,
): Promise<boolean> {
  return (order.paymentDemand === 'own' ? waitForDemandToo : waitFor)(order, whom, ready, boundMs);
}

async function waitForDemandToo(...[order, whom, ready, boundMs]: Parameters<typeof waitFor>): Promise<boolean> {
  const { inbox } = order;
  const endsAt = Date.now() + (boundMs ?? 0);
  // A change that came before this wait is heard, too; in the histories of former builds it was not.
  const isUnheard = inbox.retries > order.demandAskedAt && !patched('hears-who-demands');
  let asked = isUnheard ? inbox.retries : order.demandAskedAt;
  const askedAgain = () => awaitsPayment(order) && inbox.retries > asked;
  while (!ready()) {
    const leftMs = boundMs === undefined ? undefined : Math.max(1, endsAt - Date.now());
    const due = () => ready() || isDemanded(order) || askedAgain();
    if (!(await waitFor(order, whom, due, leftMs))) return false;
    if (ready()) break;
    asked = order.demandAskedAt = inbox.retries;
    if (!isDemanded(order)) await lookAtRegistration(order);
    else await settleOnDemand(order, ready, leftMs);
  }
  return true;
}

async function settleOnDemand(order: RunningOrder, ready: () => boolean, boundMs?: number): Promise<void> {
  await settlePayment(order);
  // Before the delivery: after it the payment is the last that is waited for.
  if (order.paid && hasSellersSite(order) && !order.reached.has('delivered'))
    await notifySellerOfPayment(order, ready, boundMs);
}

/** The seller demands what it may have now, and the story has not paid it yet. */
function isDemanded(order: RunningOrder): boolean {
  return awaitsPayment(order) && order.inbox.demand !== undefined;
}

/** Only a demand of its own gets the seller its payment. */
function awaitsPayment(order: RunningOrder): boolean {
  const { paymentDemand, paid, reached } = order;
  if (paymentDemand !== 'own' || paid) return false;
  return settledOn(order) === 'notice' ? reached.has('accepted') : reached.has('delivered');
}

/** A demand that is long overdue needs attention; the wait goes on, for the money is the seller's. */
async function untilPaid(order: RunningOrder): Promise<void> {
  const { sellerId } = order.input;
  const paid = () => order.paid;
  const reminderMs = remainingMs(order, 'paymentDemand', timeouts.demandReminderMs);
  if (await waitPaying(order, sellerId, paid, reminderMs)) return;
  if (!withheldBy(order, 'settlePayment')) raiseAttention(order, 'settlePayment', 'NotDemanded', sellerId);
  await waitPaying(order, sellerId, paid);
}

/** A seller that may act again, or for whom the office is to demand from now on. */
async function lookAtRegistration(order: RunningOrder): Promise<void> {
  const { isActive, paymentDemand } = await registrationOf(order, 'seller');
  if (!isActive) return;
  if (withheldBy(order, 'settlePayment')) clearAttention(order, 'settlePayment');
  if (paymentDemand !== 'auto') return;
  order.paymentDemand = 'auto';
  await settlePayment(order);
}

/** The seller's payment demand and the check office's payment (claims 5, 7). A demand that does not fit waits for an operator. */
async function settlePayment(order: RunningOrder): Promise<void> {
  const { inbox } = order;
  let notified = false;
  for (;;) {
    const { retries } = inbox;
    const outcome = await runStep(order, 'settlePayment', demandOf(order));
    if (outcome.kind === 'settled' || outcome.kind === 'refunded') {
      order.givenBack = outcome.kind === 'refunded';
      break;
    }
    if (outcome.kind === 'suspended') {
      if (order.paymentDemand === 'own') return withholdPayment(order);
      await untilActive(order, { step: 'settlePayment', party: outcome.party });
      continue;
    }
    if (outcome.kind === 'unreleased' && !notified) {
      await notifyOffice(order);
      notified = true;
      continue;
    }
    const before = retriesKnown(order, retries);
    const reason = outcome.kind === 'refused' ? 'DemandRefused' : 'CompletionMissing';
    raiseAttention(order, 'settlePayment', reason, 'operator');
    await waitFor(order, 'operator', () => inbox.retries > before);
    notified = false;
  }
  clearAttention(order, 'settlePayment');
  order.paid = true;
}

/** A suspended seller that demands gets no payment, and demands again when it may; the order goes on with everything else. */
function withholdPayment(order: RunningOrder): void {
  order.withheld = order.inbox.demand;
  order.inbox.demand = undefined;
  raiseAttention(order, 'settlePayment', 'SellerSuspended', 'operator');
}

function demandOf(order: RunningOrder) {
  const { orderId, sellerId, buyerId } = order.input;
  const settleOn = settledOn(order);
  const { echeck, charge } = issuedOrder(order);
  const { reference } = order.inbox.demand ?? {};
  const { number, jws } = echeck;
  const demand = { orderId, sellerId, buyerId, settleOn, charge, echeck: { number, jws }, reference };
  return hasSellersSite(order) ? { ...demand, staysOpen: true } : demand;
}
