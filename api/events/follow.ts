import type { EntityManager } from '@mikro-orm/postgresql';
import type { OrderId } from '../../domain/ids.ts';
import type { Stage } from '../../domain/stages.ts';
import { readOrderEnd, readOutbox, type OutboxEvent } from '../../office/outbox/outbox.ts';
import type { Scope } from '../../office/orders/reading.ts';
import type { EventHub, Joined } from './hub.ts';

/** Whose events a stream shows, and from where on. */
export interface Following {
  readonly scope: Scope;
  readonly orderId?: OrderId;
  /** The id of the last event that was seen. Absent: from now on. */
  readonly after?: bigint;
}

/** Where a stream's events go. */
export interface Sink {
  /** False when the receiver has not taken yet what it was sent: whoever can wait waits for `drained`. */
  write(event: OutboxEvent): boolean;
  /** Resolves when the receiver has caught up, or is gone. */
  drained(): Promise<void>;
  /** Tells the receiver that this order is over, then ends. */
  finish(orderId: string, stage: Stage): void;
  readonly closed: boolean;
  end(): void;
}

const PAGE = 200;
/** How many ids one question of a party's stream goes through: each question stays short, however few events are its own. */
const STRIDE = 5_000n;
/** What may wait for a slow receiver; beyond it, it is read from the outbox again, at the receiver's own pace. */
const MAX_WAITING = 1_000;

/** Gives a stream its place among what happens. Nothing is sent before `send`. */
export async function follow(hub: EventHub, following: Following): Promise<Follower> {
  const follower = new Follower(hub, following);
  await follower.join();
  return follower;
}

/** Sends the events after a place, first from the outbox, then as they happen, each once and in order. */
export class Follower {
  readonly #hub: EventHub;
  readonly #following: Following;
  #joined: Joined | undefined;
  #sink: Sink | undefined;
  /** Everything of its own up to here was sent. */
  #sent = 0n;
  /** What the hub has read beyond that; `#behind`: not all of it is here, the outbox has it. */
  #waiting: OutboxEvent[] = [];
  #behind = true;
  #sending = false;
  #hubClosed = false;
  #goOn: () => void = () => undefined;

  constructor(hub: EventHub, following: Following) {
    this.#hub = hub;
    this.#following = following;
  }

  /** Before it catches up, so that nothing falls between the two. */
  async join(): Promise<void> {
    this.#joined = await this.#hub.join(
      (events) => this.#take(events),
      () => this.#close(),
    );
    this.#sent = this.#following.after ?? this.#joined.place;
  }

  /** It sends what comes after this event. */
  get place(): bigint {
    return this.#sent;
  }

  leave(): void {
    this.#joined?.leave();
    this.#waiting = [];
  }

  /** Returns when it has caught up; from then on events are sent as they happen. `failed`: this ended the stream. */
  async send(em: EntityManager, sink: Sink, failed: (error: unknown) => void): Promise<void> {
    const orEnd = (error: unknown): void => {
      failed(error);
      sink.end();
    };
    this.#sink = sink;
    if (this.#hubClosed) sink.end();
    this.#goOn = () => void this.#sendOn(em, sink).catch(orEnd);
    await this.#sendOn(em, sink)
      .then(() => this.#finishIfOver(em, sink))
      .catch(orEnd);
  }

  #take(events: readonly OutboxEvent[]): void {
    if (this.#behind) return;
    const own = events.filter((event) => concerns(this.#following, event));
    if (own.length === 0) return;
    if (this.#waiting.length + own.length > MAX_WAITING) [this.#behind, this.#waiting] = [true, []];
    else this.#waiting.push(...own);
    this.#goOn();
  }

  /** Sends until nothing is left: what waits here, or what the outbox has up to where the hub has come. */
  async #sendOn(em: EntityManager, sink: Sink): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      while (!sink.closed && (this.#behind || this.#waiting.length > 0)) {
        const upTo = this.#hub.place;
        if (this.#behind) {
          this.#behind = false;
          await this.#catchUp(em, upTo, sink);
        } else await this.#tell(this.#waiting.splice(0, PAGE), sink);
      }
    } finally {
      this.#sending = false;
    }
  }

  async #catchUp(em: EntityManager, upTo: bigint, sink: Sink): Promise<void> {
    const { orderId, scope } = this.#following;
    for (let after = this.#sent; after < upTo && !sink.closed;) {
      const end = orderId === undefined && after + STRIDE < upTo ? after + STRIDE : upTo;
      const page = await readOutbox(em, { after, upTo: end, limit: PAGE, orderId, scope });
      await this.#tell(page, sink);
      after = page.length < PAGE ? end : (page.at(-1)?.place.id ?? end);
    }
    if (this.#sent < upTo) this.#sent = upTo;
  }

  /** At the receiver's pace. */
  async #tell(events: readonly OutboxEvent[], sink: Sink): Promise<void> {
    for (const event of events) {
      if (sink.closed) return;
      if (event.place.id <= this.#sent) continue;
      this.#sent = event.place.id;
      if (!sink.write(event)) await sink.drained();
      if (this.#following.orderId !== undefined && event.last) sink.finish(event.orderId, event.stage);
    }
  }

  /** An order that had ended before the stream began sends no event that could say so. */
  async #finishIfOver(em: EntityManager, sink: Sink): Promise<void> {
    const { orderId } = this.#following;
    if (orderId === undefined || sink.closed) return;
    const order = await readOrderEnd(em, orderId);
    if (order?.ended && order.lastEventId <= this.#sent) sink.finish(orderId, order.stage);
  }

  #close(): void {
    this.#hubClosed = true;
    this.#sink?.end();
  }
}

function concerns({ scope, orderId }: Following, { orderId: of, parties }: OutboxEvent): boolean {
  if (orderId !== undefined && orderId !== of) return false;
  return scope.role === 'operator' || parties[scope.role] === scope.partyId;
}
