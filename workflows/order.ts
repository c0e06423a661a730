import { CancellationScope } from '@temporalio/workflow';
import type { OrderResult } from './messages/definitions.ts';
import { setHandlers } from './messages/handlers.ts';
import { openOrder, type OrderStart } from './runtime/carried-state.ts';
import { acceptOrder } from './steps/acceptance.ts';
import { completeDelivery } from './steps/completion.ts';
import { followDelivery } from './steps/delivery.ts';
import { scheduleDispatch } from './steps/dispatch.ts';
import { issueCheck } from './steps/issue.ts';
import { judgeOrder } from './steps/judgement.ts';
import { indicatePayment } from './steps/payment.ts';
import { settleAtDelivery, settleAtNotice } from './steps/settlement.ts';
import { decideEnding, endEarly, finish, finishHandlers, reversibly, type Undo } from './steps/undo.ts';
import { validateCheck } from './steps/validation.ts';

/**
 * One order, from the buyer's demand to delivered and paid, or to a named early ending that has cost the buyer nothing.
 * The check comes before the presentation because nobody promises goods without it; the notice before payment and dispatch
 * because both rest on the promise; the settlement last (or at the notice), because from the confirmed delivery on there
 * is only forward. How an order ends is decided once, on record, before the first effect of it, and the workflow follows the
 * record. Every step may fail for as long as it likes: the order waits, says so, and is never lost.
 */
export async function OrderWorkflow(input: OrderStart): Promise<OrderResult> {
  const order = openOrder(input);
  setHandlers(order);

  // An undo is registered on the line above the step that it undoes.
  const undos: Undo[] = [];
  const wanted = await reversibly(order, async () => {
    await judgeOrder(order);

    undos.push('voidCheckIfIssued');
    await issueCheck(order);
    await validateCheck(order);
    await acceptOrder(order);

    undos.push('refundIfSettled');
    await settleAtNotice(order);
    await indicatePayment(order);

    undos.push('cancelDispatchIfInstructed');
    await scheduleDispatch(order);
    await followDelivery(order);
  });

  // The point of no return lies behind: the goods are with the buyer, and the seller is paid; or all is undone.
  return CancellationScope.nonCancellable(async () => {
    const decided = wanted && (await decideEnding(order, wanted));
    const ending = decided ?? (await completeDelivery(order));
    if (!ending) await settleAtDelivery(order);
    const result = ending ? await endEarly(order, undos, ending) : await finish(order);
    await finishHandlers(order);
    return result;
  });
}
