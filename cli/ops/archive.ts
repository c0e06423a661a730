import { archiveBefore, type Archived } from '../../office/archive/index.ts';
import { needBooks, type Connections } from './connections.ts';
import { counted } from './text.ts';

/** A line of progress about every so many orders. */
const SHOWN_EVERY = 10_000;

/**
 * Archives what ended before a time (RFC 3339, or a date, which begins in UTC), and says how far it has come. Needs the database
 * only. Throws, in words, when it is no time or one to come.
 */
export async function archive(connections: Connections, before: string, show: (line: string) => void): Promise<string> {
  const until = pastTime(before);
  let sum: Archived = { orders: 0, events: 0, entries: 0 };
  let shown = 0;
  for await (const moved of archiveBefore(needBooks(connections), until)) {
    sum = {
      orders: sum.orders + moved.orders,
      events: sum.events + moved.events,
      entries: sum.entries + moved.entries,
    };
    if (sum.orders - shown < SHOWN_EVERY) continue;
    shown = sum.orders;
    show(`${inWords(sum)} so far`);
  }
  return `Archived what ended before ${until.toISOString()}: ${inWords(sum)}. It is read as before.`;
}

function pastTime(text: string): Date {
  const time = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(time.getTime()))
    throw new Error(`${text} is no time: give a date such as 2026-01-01, or an RFC 3339 time`);
  if (time.getTime() > Date.now()) throw new Error(`${text} is still to come: nothing has ended before it for good`);
  return time;
}

function inWords({ orders, events, entries }: Archived): string {
  return `${counted(orders, 'order')}, ${counted(events, 'event')}, ${entries === 1 ? '1 entry' : `${entries} entries`}`;
}
