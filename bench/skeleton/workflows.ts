import { condition, setHandler } from '@temporalio/workflow';
import { awaitDecision, deliveryConfirmed, type Decision } from '../../workflows/messages/definitions.ts';

/** The same messages as an order and no steps: an update with the start, one signal, the end. What Temporal itself allows. */
export async function SkeletonWorkflow(): Promise<void> {
  let confirmed = false;
  setHandler(awaitDecision, (): Decision => ({ kind: 'recorded' }));
  setHandler(deliveryConfirmed, () => void (confirmed = true));
  await condition(() => confirmed);
}
