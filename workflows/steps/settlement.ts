import { runStep } from '../runtime/run-step.ts';
import { issuedOrder, type RunningOrder } from '../runtime/running-order.ts';
import { clearAttention, raiseAttention } from '../runtime/visibility.ts';
import { waitFor } from '../runtime/waiting.ts';

/** `settleOn: notice`: the seller is paid right after the notice, as claim 5 has it literally. */
export async function settleAtNotice(order: RunningOrder): Promise<void> {
  if (order.input.settleOn === 'notice' && !order.paid) await settlePayment(order);
}

/** `settleOn: delivery`: the seller is paid now. Otherwise only the check becomes final (claim 23). */
export async function settleAtDelivery(order: RunningOrder): Promise<void> {
  if (order.reached.has('completed')) return;
  if (order.input.settleOn === 'delivery') return settlePayment(order);
  order.givenBack = (await runStep(order, 'finaliseCheck', demandOf(order))).kind === 'refunded';
}

/** The seller's payment demand and the check office's payment (claims 5, 7). A demand that does not fit waits for an operator. */
async function settlePayment(order: RunningOrder): Promise<void> {
  const { inbox } = order;
  for (;;) {
    const { kind } = await runStep(order, 'settlePayment', demandOf(order));
    if (kind !== 'refused') {
      order.givenBack = kind === 'refunded';
      break;
    }
    const before = inbox.retries;
    raiseAttention(order, 'settlePayment', 'DemandRefused', 'operator');
    await waitFor(order, 'operator', () => inbox.retries > before);
  }
  clearAttention(order, 'settlePayment');
  order.paid = true;
}

function demandOf(order: RunningOrder) {
  const { orderId, sellerId, buyerId, settleOn } = order.input;
  const { echeck, charge } = issuedOrder(order);
  return { orderId, sellerId, buyerId, settleOn, charge, echeck: { number: echeck.number, jws: echeck.jws } };
}
