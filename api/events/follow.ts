import type { EntityManager } from '@mikro-orm/postgresql';
import { isAfter, readOutbox, type OutboxEvent, type OutboxPlace } from '../../office/outbox.ts';
import type { Scope } from '../../office/reading.ts';
import type { EventHub } from './hub.ts';

/** Whose events a stream shows, and from where on. */
export interface Following {
  readonly scope: Scope;
  readonly orderId?: string;
  /** Absent: from now on. */
  readonly after?: OutboxPlace;
}

/** Where a stream’s events go. */
export interface Sink {
  /** False when the receiver is too slow to go on. */
  write(event: OutboxEvent): boolean;
  readonly closed: boolean;
  end(): void;
}

const PAGE = 200;
/** What may come in while a stream still catches up; beyond it the receiver is told to come again. */
const MAX_WAITING = 10_000;

/**
 * Sends the events after a place, first from the outbox, then as they happen, each once and in order. The stream joins the
 * hub before it catches up, so that nothing falls between the two. Returns how to stop.
 */
export async function follow(hub: EventHub, em: EntityManager, following: Following, sink: Sink): Promise<() => void> {
  const waiting: OutboxEvent[] = [];
  let live = false;
  let sent: OutboxPlace | undefined;
  const send = (events: readonly OutboxEvent[]): void => {
    for (const event of events) {
      if (sink.closed) return;
      if (sent && !isAfter(event.place, sent)) continue;
      sent = event.place;
      if (!sink.write(event)) sink.end();
    }
  };
  const deliver = (events: readonly OutboxEvent[]): void => {
    const own = events.filter((event) => concerns(following, event));
    if (live) return send(own);
    waiting.push(...own);
    if (waiting.length > MAX_WAITING) sink.end();
  };
  const { place, leave } = await hub.join(deliver, () => sink.end());
  sent = following.after ?? place;
  await catchUp(em, { ...following, after: sent }, send, sink);
  send(waiting);
  live = true;
  return leave;
}

async function catchUp(
  em: EntityManager,
  { scope, orderId, after: from }: Following & { after: OutboxPlace },
  send: (events: readonly OutboxEvent[]) => void,
  sink: Sink,
): Promise<void> {
  for (let after = from; !sink.closed;) {
    const page = await readOutbox(em, { after, limit: PAGE, orderId, scope });
    send(page);
    after = page.at(-1)?.place ?? after;
    if (page.length < PAGE) return;
  }
}

function concerns({ scope, orderId }: Following, { orderId: of, parties }: OutboxEvent): boolean {
  if (orderId !== undefined && orderId !== of) return false;
  return scope.role === 'operator' || parties[scope.role] === scope.partyId;
}
