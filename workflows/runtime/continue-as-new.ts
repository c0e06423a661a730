import { allHandlersFinished, continueAsNew, workflowInfo } from '@temporalio/workflow';
import { longHistoryEvents } from '../../temporal.config.ts';
import type { OrderInput, OrderResult } from '../messages/definitions.ts';
import { carriedFrom, type Story } from './story.ts';

/**
 * Whether the order's history has become so long that its story had better go on in a new run. Only where the story waits
 * and nobody waits for it, before its end was decided: everything that it knows is then in the `Story`.
 */
export function mayRenew(story: Story): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  if (!continueAsNewSuggested && historyLength < longHistoryEvents) return false;
  const isQuiet = story.unread.length === 0 && story.unwritten.length === 0 && allHandlersFinished();
  return isQuiet && story.reversible !== undefined && !story.wanted;
}

/** Goes on in a new run, with everything that the story knows. Never returns: what follows happens in the new run. */
export function renew(story: Story): Promise<never> {
  return continueAsNew<(input: OrderInput) => Promise<OrderResult>>({ ...story.input, carried: carriedFrom(story) });
}
