import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../../domain/ids.ts';
import type { Stage } from '../../domain/order.ts';
import type { Role } from '../../domain/party.ts';
import { type OutboxEvent, readOrderEnd, readOutbox } from '../../office/outbox/index.ts';
import type { Scope } from '../../office/orders/index.ts';
import type { EventFeed, FeedSubscription } from './event-feed.ts';

/** Whose events a stream shows, and from where on. */
export interface EventFilter {
  readonly scope: Scope;
  readonly orderId?: OrderId;
  /** The id of the last event that was seen. Absent: from now on. */
  readonly after?: bigint;
}

/** An event as the receiver may know it; `undefined`: it may not know of it. */
export type ShowEvent = (event: OutboxEvent) => Promise<OutboxEvent | undefined>;

/** Where a stream's events go. */
export interface EventSink {
  /** False when the receiver has not taken yet what it was sent: whoever can wait waits for `drained`. */
  write(event: OutboxEvent): boolean;
  /** Resolves when the receiver has caught up, or is gone. */
  drained(): Promise<void>;
  /** Writes that this order has ended, then ends. */
  finish(orderId: string, stage: Stage): void;
  readonly closed: boolean;
  end(): void;
}

const PAGE = 200;
/** How many ids one query of a party's stream goes through: each query stays short, however few events are its own. */
const ID_RANGE = 5_000n;
/** What may be queued for a slow receiver; beyond it, it is read from the outbox again, at the receiver's own pace. */
const MAX_QUEUED = 1_000;

/** Subscribes a stream to the feed; it shows what `show` lets through. Nothing is sent before `send`. */
export async function subscribe(feed: EventFeed, filter: EventFilter, show: ShowEvent): Promise<EventSubscription> {
  const subscription = new EventSubscription(feed, filter, show);
  await subscription.start();
  return subscription;
}

/** Sends the events after a place, first from the outbox, then as they happen, each once and in order. */
export class EventSubscription {
  readonly #feed: EventFeed;
  readonly #filter: EventFilter;
  readonly #show: ShowEvent;
  #subscription: FeedSubscription | undefined;
  #sink: EventSink | undefined;
  /** Everything of its own up to here was sent. */
  #sent = 0n;
  /** What the feed has read beyond that; `#behind`: not all of it is here, the outbox has it. */
  #queue: OutboxEvent[] = [];
  #behind = true;
  #sending = false;
  #feedClosed = false;
  #resume: () => void = () => undefined;

  constructor(feed: EventFeed, filter: EventFilter, show: ShowEvent) {
    this.#feed = feed;
    this.#filter = filter;
    this.#show = show;
  }

  /** Before it catches up, so that nothing falls between the two. */
  async start(): Promise<void> {
    this.#subscription = await this.#feed.subscribe(
      (events) => this.#receive(events),
      () => this.#close(),
    );
    this.#sent = this.#filter.after ?? this.#subscription.position;
  }

  /** It sends what comes after this event. */
  get position(): bigint {
    return this.#sent;
  }

  unsubscribe(): void {
    this.#subscription?.unsubscribe();
    this.#queue = [];
  }

  /** Returns when it has caught up; from then on events are sent as they happen. `failed`: this ended the stream. */
  async send(em: EntityManager, sink: EventSink, failed: (error: unknown) => void): Promise<void> {
    const orEnd = (error: unknown): void => {
      failed(error);
      sink.end();
    };
    this.#sink = sink;
    if (this.#feedClosed) sink.end();
    this.#resume = () => void this.#drain(em, sink).catch(orEnd);
    await this.#drain(em, sink)
      .then(() => this.#finishIfEnded(em, sink))
      .catch(orEnd);
  }

  #receive(events: readonly OutboxEvent[]): void {
    if (this.#behind) return;
    const own = events.filter((event) => concerns(this.#filter, event));
    if (own.length === 0) return;
    if (this.#queue.length + own.length > MAX_QUEUED) [this.#behind, this.#queue] = [true, []];
    else this.#queue.push(...own);
    this.#resume();
  }

  /** Sends until nothing is left: what is queued here, or what the outbox has up to where the feed has come. */
  async #drain(em: EntityManager, sink: EventSink): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      while (!sink.closed && (this.#behind || this.#queue.length > 0)) {
        const upTo = this.#feed.position;
        if (this.#behind) {
          this.#behind = false;
          await this.#catchUp(em, upTo, sink);
        } else await this.#write(this.#queue.splice(0, PAGE), sink);
      }
    } finally {
      this.#sending = false;
    }
  }

  async #catchUp(em: EntityManager, upTo: bigint, sink: EventSink): Promise<void> {
    const { orderId, scope } = this.#filter;
    for (let after = this.#sent; after < upTo && !sink.closed;) {
      const end = orderId === undefined && after + ID_RANGE < upTo ? after + ID_RANGE : upTo;
      const page = await readOutbox(em, { after, upTo: end, limit: PAGE, orderId, scope });
      await this.#write(page, sink);
      after = page.length < PAGE ? end : (page.at(-1)?.place.id ?? end);
    }
    if (this.#sent < upTo) this.#sent = upTo;
  }

  /** At the receiver's pace. An order's end is told also where its last event is not for the receiver. */
  async #write(events: readonly OutboxEvent[], sink: EventSink): Promise<void> {
    for (const event of events) {
      if (sink.closed) return;
      if (event.place.id <= this.#sent) continue;
      const shown = await this.#show(event);
      this.#sent = event.place.id;
      if (shown && !sink.write(shown)) await sink.drained();
      if (this.#filter.orderId !== undefined && event.last) sink.finish(event.orderId, event.stage);
    }
  }

  /** An order that had ended before the stream began sends no event that could say so. */
  async #finishIfEnded(em: EntityManager, sink: EventSink): Promise<void> {
    const { orderId } = this.#filter;
    if (orderId === undefined || sink.closed) return;
    const order = await readOrderEnd(em, orderId);
    if (order?.ended && order.lastEventId <= this.#sent) sink.finish(orderId, order.stage);
  }

  #close(): void {
    this.#feedClosed = true;
    this.#sink?.end();
  }
}

function concerns({ scope, orderId }: EventFilter, event: OutboxEvent): boolean {
  if (orderId !== undefined && orderId !== event.orderId) return false;
  if (scope.role === 'operator') return true;
  return event.parties[scope.role] === scope.partyId && existsFor(scope.role, event);
}

/** When it happened, the order existed for that role. */
function existsFor(role: Exclude<Role, 'operator'>, { existsFrom, place }: OutboxEvent): boolean {
  if (role === 'buyer') return true;
  const from = existsFrom[role];
  return from !== undefined && from <= place.id;
}
