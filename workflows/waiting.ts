import { condition, upsertSearchAttributes } from '@temporalio/workflow';
import type { Duration } from '@temporalio/common';
import { searchKeys } from '../temporal.config.ts';
import { showCard } from './card.ts';
import type { Story } from './story.ts';

/**
 * Waits durably until something was said, at most for `patience`; `false` when the time ran out. What the search attributes
 * and the card say is brought up to date first: an order that waits can be found by what it waits for.
 */
export async function waitFor(story: Story, whom: string, ready: () => boolean, patience?: Duration): Promise<boolean> {
  if (ready()) return true;
  story.waitingOn = whom;
  publish(story);
  try {
    if (patience !== undefined) return await condition(ready, patience);
    await condition(ready);
    return true;
  } finally {
    story.waitingOn = null;
  }
}

/** How long a check is still good, in milliseconds: the bound of every wait before its acceptance. */
export function untilExpiry(story: Story): number {
  const expiresAt = story.issued?.echeck.expiresAt;
  if (!expiresAt) throw new Error('no check was issued yet');
  return Math.max(1, Date.parse(expiresAt) - Date.now());
}

/** Tells the search attributes and the card where the order stands. One history event, so only before a wait and at the end. */
export function publish(story: Story): void {
  const { issued, deliverAt } = story;
  upsertSearchAttributes([
    { key: searchKeys.stage, value: story.stage },
    ...(issued
      ? [
          { key: searchKeys.checkNumber, value: issued.echeck.number },
          { key: searchKeys.amountMinor, value: issued.charge.amount },
          { key: searchKeys.amountCurrency, value: issued.charge.currency },
        ]
      : []),
    ...(deliverAt ? [{ key: searchKeys.deliveryDue, value: new Date(deliverAt) }] : []),
  ]);
  showCard(story);
}
