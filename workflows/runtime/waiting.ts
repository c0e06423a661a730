import { condition, upsertSearchAttributes } from '@temporalio/workflow';
import { timeouts, searchAttributes } from '../../temporal.config.ts';
import { showCard } from './card.ts';
import { mayRenew, renew } from './continue-as-new.ts';
import type { Story } from './story.ts';

/**
 * Waits durably until something was said, at most for `boundMs`; `false` when the time ran out. What the search attributes
 * and the card say is brought up to date first: an order that waits can be found by what it waits for. A story whose history
 * has become long goes on in a new run from here.
 */
export async function waitFor(story: Story, whom: string, ready: () => boolean, boundMs?: number): Promise<boolean> {
  if (ready()) return true;
  story.waitingOn = whom;
  story.waitingSince = new Date().toISOString();
  publish(story);
  const wake = () => ready() || mayRenew(story);
  try {
    const summary = `how long ${whom} may take`;
    const woken = boundMs === undefined ? (await condition(wake), true) : await condition(wake, boundMs, { summary });
    if (woken && !ready()) await renew(story);
    return woken;
  } finally {
    story.waitingOn = null;
  }
}

/** What is left of a wait of `boundMs` that began when it was first asked for, in this run or in one before it. */
export function leftOf(story: Story, wait: string, boundMs: number): number {
  const until = story.deadlines.get(wait) ?? Date.now() + boundMs;
  story.deadlines.set(wait, until);
  return Math.max(1, until - Date.now());
}

/** How long a check is still good, in milliseconds: the bound of every wait before its acceptance. */
export function untilExpiry(story: Story): number {
  const expiresAt = story.issued?.echeck.expiresAt;
  if (!expiresAt) throw new Error('no check was issued yet');
  return Math.max(1, Date.parse(expiresAt) - Date.now());
}

/** Lets the last notes for people be written. They do not hold an ended order open permanently: its history has them, too. */
export async function untilNotesAreWritten(story: Story): Promise<void> {
  const written = () => story.unwritten.length === 0;
  if (!written())
    await condition(written, timeouts.lastNotes, { summary: 'how long the last notes for people may take' });
}

/** Tells the search attributes and the card where the order stands. One history event, and only when something changed. */
export function publish(story: Story): void {
  const { issued, deliverAt, stage } = story;
  showCard(story);
  const standing = [stage, issued?.echeck.number, deliverAt].join();
  if (story.published === standing) return;
  story.published = standing;
  upsertSearchAttributes([
    { key: searchAttributes.stage, value: stage },
    ...(issued
      ? [
          { key: searchAttributes.checkNumber, value: issued.echeck.number },
          { key: searchAttributes.amountMinor, value: issued.charge.amount },
          { key: searchAttributes.amountCurrency, value: issued.charge.currency },
        ]
      : []),
    ...(deliverAt ? [{ key: searchAttributes.deliveryDue, value: new Date(deliverAt) }] : []),
  ]);
}
