import { archiveBefore, type Archived } from '../../office/archive/index.ts';
import { needBooks, type Connections } from './connections.ts';
import { counted } from './text.ts';

/** A line of progress about every so many orders. */
const SHOWN_EVERY = 10_000;

/**
 * Archives what ended before a moment that has been, and says how far it has come. Needs the database only.
 */
export async function archive(connections: Connections, until: Date, show: (line: string) => void): Promise<string> {
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

function inWords({ orders, events, entries }: Archived): string {
  return `${counted(orders, 'order')}, ${counted(events, 'event')}, ${entries === 1 ? '1 entry' : `${entries} entries`}`;
}
