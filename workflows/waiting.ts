import { condition, upsertSearchAttributes } from '@temporalio/workflow';
import type { Duration } from '@temporalio/common';
import { patience, searchKeys } from '../temporal.config.ts';
import { showCard } from './card.ts';
import type { Story } from './story.ts';

/**
 * Waits durably until something was said, at most for `bound`; `false` when the time ran out. What the search attributes
 * and the card say is brought up to date first: an order that waits can be found by what it waits for.
 */
export async function waitFor(story: Story, whom: string, ready: () => boolean, bound?: Duration): Promise<boolean> {
  if (ready()) return true;
  story.waitingOn = whom;
  publish(story);
  try {
    if (bound !== undefined) return await condition(ready, bound, { summary: `how long ${whom} may take` });
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

/** Lets the last notes for people be written. They do not hold an ended order open for ever: its history has them, too. */
export async function untilNotesAreWritten(story: Story): Promise<void> {
  const written = () => story.unwritten.length === 0;
  if (!written())
    await condition(written, patience.lastNotes, { summary: 'how long the last notes for people may take' });
}

/** Tells the search attributes and the card where the order stands. One history event, and only when something changed. */
export function publish(story: Story): void {
  const { issued, deliverAt, stage } = story;
  showCard(story);
  const standing = [stage, issued?.echeck.number, deliverAt].join();
  if (story.published === standing) return;
  story.published = standing;
  upsertSearchAttributes([
    { key: searchKeys.stage, value: stage },
    ...(issued
      ? [
          { key: searchKeys.checkNumber, value: issued.echeck.number },
          { key: searchKeys.amountMinor, value: issued.charge.amount },
          { key: searchKeys.amountCurrency, value: issued.charge.currency },
        ]
      : []),
    ...(deliverAt ? [{ key: searchKeys.deliveryDue, value: new Date(deliverAt) }] : []),
  ]);
}
