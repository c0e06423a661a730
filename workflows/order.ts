import { allHandlersFinished, CancellationScope, condition } from '@temporalio/workflow';
import type { Ending } from '../domain/ending.ts';
import { completeDelivery, followDelivery } from './delivery.ts';
import { listen } from './desk.ts';
import { endEarly, finish, reversibly, type Undo } from './endings.ts';
import { issue, judge } from './issuing.ts';
import type { OrderInput, OrderResult } from './messages.ts';
import { acceptance, paymentIndication, presentation } from './parties.ts';
import { dispatch } from './dispatching.ts';
import { settleAtNotice, settleAtDelivery } from './settlement.ts';
import { openStory, type Story } from './story.ts';

/**
 * One order, from the buyer's demand to delivered and paid, or to a named early ending that has cost the buyer nothing.
 * The check comes before the presentation because nobody promises goods without it; the notice before payment and dispatch
 * because both rest on the promise; the settlement last (or at the notice), because from the confirmed delivery on there
 * is only forward. Every step may fail for as long as it likes: the order waits, says so, and is never lost.
 */
export async function OrderWorkflow(input: OrderInput): Promise<OrderResult> {
  const story = openStory(input);
  listen(story);

  const undos: Undo[] = [];
  const ending = await reversibly(story, () => untilDelivered(story, undos));
  const result = await CancellationScope.nonCancellable(async () => {
    if (ending) return endEarly(story, undos, ending);

    // The point of no return: the goods are with the buyer, the seller will be paid.
    await completeDelivery(story);
    await settleAtDelivery(story);
    return finish(story);
  });
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  return result;
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
