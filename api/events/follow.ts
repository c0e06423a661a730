import type { EntityManager } from '@mikro-orm/postgresql';
import type { Stage } from '../../domain/stages.ts';
import { readOrderEnd, readOutbox, type OutboxEvent } from '../../office/outbox.ts';
import type { Scope } from '../../office/reading.ts';
import type { EventHub, Joined } from './hub.ts';

/** Whose events a stream shows, and from where on. */
export interface Following {
  readonly scope: Scope;
  readonly orderId?: string;
  /** The id of the last event that was seen. Absent: from now on. */
  readonly after?: bigint;
}

/** Where a stream’s events go. */
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
/** How many ids one question of a party’s stream goes through: each question stays short, however few events are its own. */
const STRIDE = 5_000n;
/** What may come in while a stream still catches up; beyond it, it is read from the outbox again. */
const MAX_WAITING = 10_000;

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
  #live = false;
  #waiting: OutboxEvent[] = [];
  #overflowed = false;
  #hubClosed = false;

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

  /** Returns when it has caught up; from then on events are sent as they happen. */
  async send(em: EntityManager, sink: Sink): Promise<void> {
    this.#sink = sink;
    if (this.#hubClosed) sink.end();
    for (let upTo = this.#joined?.place ?? 0n; !this.#live && !sink.closed; upTo = this.#hub.place) {
      // Whatever is not waiting lies up to `upTo`.
      if (this.#overflowed) [this.#overflowed, this.#waiting] = [false, []];
      await this.#catchUp(em, upTo, sink);
      await this.#sendWaiting(sink);
      this.#live = !this.#overflowed;
    }
    await this.#finishIfOver(em, sink);
  }

  #take(events: readonly OutboxEvent[]): void {
    if (this.#overflowed) return;
    const own = events.filter((event) => concerns(this.#following, event));
    if (this.#live) for (const event of own) this.#tell(event);
    else if (this.#waiting.length + own.length > MAX_WAITING) [this.#overflowed, this.#waiting] = [true, []];
    else this.#waiting.push(...own);
  }

  /** False when the receiver is behind. */
  #tell(event: OutboxEvent): boolean {
    if (event.place.id <= this.#sent || !this.#sink || this.#sink.closed) return true;
    this.#sent = event.place.id;
    const ready = this.#sink.write(event);
    if (this.#following.orderId !== undefined && event.last) this.#sink.finish(event.orderId, event.stage);
    return ready;
  }

  async #catchUp(em: EntityManager, upTo: bigint, sink: Sink): Promise<void> {
    const { orderId, scope } = this.#following;
    for (let after = this.#sent; after < upTo && !sink.closed;) {
      const end = orderId === undefined && after + STRIDE < upTo ? after + STRIDE : upTo;
      const page = await readOutbox(em, { after, upTo: end, limit: PAGE, orderId, scope });
      await this.#tellPaced(page, sink);
      after = page.length < PAGE ? end : (page.at(-1)?.place.id ?? end);
    }
    if (this.#sent < upTo) this.#sent = upTo;
  }

  async #sendWaiting(sink: Sink): Promise<void> {
    while (this.#waiting.length > 0 && !this.#overflowed && !sink.closed) {
      await this.#tellPaced(this.#waiting.splice(0, PAGE), sink);
    }
  }

  async #tellPaced(events: readonly OutboxEvent[], sink: Sink): Promise<void> {
    for (const event of events) if (!this.#tell(event)) await sink.drained();
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
