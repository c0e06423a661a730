import { CancellationScope } from '@temporalio/workflow';
import type { Ending } from '../domain/ending.ts';
import { completeDelivery, followDelivery } from './steps/delivery.ts';
import { listen } from './messages/handlers.ts';
import { decide, endEarly, finish, reversibly, untilNothingIsLeft, type Undo } from './steps/undo.ts';
import { refuseNonsense } from './messages/order-input.ts';
import { issue, judge } from './steps/issue.ts';
import type { OrderInput, OrderResult } from './messages/definitions.ts';
import { acceptance, paymentIndication, presentation } from './steps/acceptance.ts';
import { dispatch } from './steps/dispatch.ts';
import { settleAtNotice, settleAtDelivery } from './steps/settlement.ts';
import { openStory, type Story } from './runtime/story.ts';

/**
 * One order, from the buyer's demand to delivered and paid, or to a named early ending that has cost the buyer nothing.
 * The check comes before the presentation because nobody promises goods without it; the notice before payment and dispatch
 * because both rest on the promise; the settlement last (or at the notice), because from the confirmed delivery on there
 * is only forward. How an order ends is decided once, on record, before the first effect of it, and the story follows the
 * record. Every step may fail for as long as it likes: the order waits, says so, and is never lost.
 */
export async function OrderWorkflow(input: OrderInput): Promise<OrderResult> {
  refuseNonsense(input);
  const story = openStory(input);
  listen(story);

  const undos: Undo[] = [];
  const wanted = await reversibly(story, () => untilDelivered(story, undos));
  return CancellationScope.nonCancellable(async () => {
    const ending = (wanted && (await decide(story, wanted))) ?? (await completeDelivery(story));
    const result = ending ? await endEarly(story, undos, ending) : await settled(story);
    await untilNothingIsLeft(story);
    return result;
  });
}

/** The point of no return lies behind: the goods are with the buyer, the seller is paid. */
async function settled(story: Story): Promise<OrderResult> {
  await settleAtDelivery(story);
  return finish(story);
}

/** Everything that can still be undone. An undo is registered on the line above the step that it undoes. */
async function untilDelivered(story: Story, undos: Undo[]): Promise<Ending | undefined> {
  const refused = await judge(story);
  if (refused) return refused;

  undos.push('voidCheckIfIssued');
  const early = (await issue(story)) ?? (await presentation(story)) ?? (await acceptance(story));
  if (early) return early;

  undos.push('refundIfSettled');
  await settleAtNotice(story);
  const unpaid = await paymentIndication(story);
  if (unpaid) return unpaid;

  undos.push('cancelDispatchIfInstructed');
  return (await dispatch(story)) ?? followDelivery(story);
}
