import {
  type OutboxEvent,
  type Watermark,
  createWatermark,
  readBacklog,
  readOutbox,
} from '../../office/outbox/index.ts';
import { withinDeadline } from '../../platform/deadline.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Orm } from '../../platform/orm.ts';
import { isOutage } from '../http/outage.ts';
import { createOpenStreams, type OpenStreams } from './open-streams.ts';

/** How long things take and last around event streams, in milliseconds. Tests make some of them short. */
export interface StreamTimes {
  /** Beside notifications the outbox is looked at this often: a lost one costs no more. */
  readonly pollMs: number;
  /** Between two looks, however often it is woken: an order leaves its events in several transactions within a moment. */
  readonly batchMs: number;
  /** After a failure the database is asked again this late. */
  readonly retryMs: number;
  /** How long one query may take. */
  readonly queryTimeoutMs: number;
  /** How often the API keys of open streams are checked. */
  readonly credentialCheckMs: number;
  /** A comment as keep-alive, so that proxies keep the connection and a dead receiver is found. */
  readonly keepAliveMs: number;
  /** A receiver that reads nothing for so long is cut off. */
  readonly stallMs: number;
  /** How long a stream that was ended may take to hand over its last bytes. */
  readonly closeMs: number;
}

const STREAM_TIMES: StreamTimes = {
  pollMs: 2_000,
  batchMs: 10,
  retryMs: 1_000,
  queryTimeoutMs: 10_000,
  credentialCheckMs: 2_000,
  keepAliveMs: 15_000,
  stallMs: 30_000,
  closeMs: 5_000,
};

type Deliver = (events: readonly OutboxEvent[]) => void;

/** How the reading goes, for metrics and readiness. */
export interface FeedHealth {
  /** The last time that the database said how far the outbox may be read. */
  readonly lastReadAt: Date | undefined;
  /** Since when a committed event waits for a transaction that was open beside it. */
  readonly waitingSince: Date | undefined;
  /** Committed events that this process's streams, and the webhooks, have still to be sent; at most 10,000. */
  readonly backlog: { readonly streams: number; readonly webhooks: number };
}

export interface FeedSubscription {
  /** Every event after this one is delivered. */
  readonly position: bigint;
  readonly unsubscribe: () => void;
}

/**
 * Reads the outbox once for all streams of this process: thousands of clients cost the database two queries a wake-up, and
 * Temporal nothing. It also looks without being woken, so that a lost notification costs seconds. `close` ends every stream.
 */
export interface EventFeed {
  readonly streams: OpenStreams;
  readonly times: StreamTimes;
  /** Up to here everything was delivered. */
  readonly position: bigint;
  /** New events have been committed, or may have been. */
  wake(): void;
  /** Hands every event after the returned position to `deliver`, in order, until `unsubscribe` is called. */
  subscribe(deliver: Deliver, onClose: () => void): Promise<FeedSubscription>;
  health(): FeedHealth;
  close(): void;
}

const PAGE = 500;

export function createEventFeed(parts: { orm: Orm; logger: Logger; times?: Partial<StreamTimes> }): EventFeed {
  return new OutboxFeed(parts.orm, parts.logger, { ...STREAM_TIMES, ...parts.times });
}

interface Subscriber {
  readonly deliver: Deliver;
  readonly onClose: () => void;
}

class OutboxFeed implements EventFeed {
  readonly streams: OpenStreams;
  readonly times: StreamTimes;
  readonly #orm: Orm;
  readonly #logger: Logger;
  readonly #watermark: Watermark;
  readonly #subscribers = new Set<Subscriber>();
  readonly #wakeUp = new WakeUp();
  #ready = Promise.withResolvers<void>();
  #closed = false;
  #position: bigint | undefined;
  #lastReadAt: Date | undefined;
  #backlog = { streams: 0, webhooks: 0 };
  #backlogAt = 0;
  #waitMs: number;

  constructor(orm: Orm, logger: Logger, times: StreamTimes) {
    this.#orm = orm;
    this.#logger = logger;
    this.times = times;
    this.#waitMs = times.batchMs;
    this.#watermark = createWatermark(orm);
    this.streams = createOpenStreams({ orm, logger, checkMs: times.credentialCheckMs });
    void this.#run();
  }

  get position(): bigint {
    return this.#position ?? 0n;
  }

  wake(): void {
    this.#wakeUp.call();
  }

  async subscribe(deliver: Deliver, onClose: () => void): Promise<FeedSubscription> {
    await withinDeadline(this.#ready.promise, this.times.queryTimeoutMs);
    const subscriber = { deliver, onClose };
    if (this.#closed) onClose();
    else this.#subscribers.add(subscriber);
    return { position: this.position, unsubscribe: () => void this.#subscribers.delete(subscriber) };
  }

  health(): FeedHealth {
    return { lastReadAt: this.#lastReadAt, waitingSince: this.#watermark.waitingSince, backlog: this.#backlog };
  }

  close(): void {
    this.#closed = true;
    this.#wakeUp.call();
    this.#ready.resolve();
    this.#endAll();
    this.streams.close();
  }

  #endAll(): void {
    for (const { onClose } of this.#subscribers) onClose();
    this.#subscribers.clear();
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      const waitMs = await this.#poll();
      await this.#wakeUp.wait(this.times.batchMs, false);
      await this.#wakeUp.wait(waitMs, true);
    }
  }

  /** Looks, and delivers what is settled. Returns how long to wait when nobody wakes it. */
  async #poll(): Promise<number> {
    const before = this.#position;
    try {
      const { settled, newest } = await this.#query(this.#watermark.read());
      if (this.#position !== undefined && newest < this.#position) this.#startAgain(newest);
      if (settled !== undefined) {
        this.#position ??= settled;
        await this.#deliverUpTo(settled);
        this.#ready.resolve();
      }
      await this.#noteBacklog();
      this.#lastReadAt = new Date();
      return this.#untilNextLook(this.#position !== before);
    } catch (error) {
      if (isOutage(error)) this.#logger.debug({ err: error }, 'the outbox cannot be read just now');
      else if (!this.#closed) this.#logger.error({ err: error }, 'cannot read the outbox');
      return this.times.retryMs;
    }
  }

  /** What waits for another transaction is asked for soon, then less and less often: most of them last milliseconds. */
  #untilNextLook(progressed: boolean): number {
    const { batchMs, pollMs } = this.times;
    if (this.#watermark.waitingSince === undefined) return pollMs;
    this.#waitMs = progressed ? batchMs : Math.min(this.#waitMs * 2, pollMs);
    return this.#waitMs;
  }

  async #noteBacklog(): Promise<void> {
    if (Date.now() - this.#backlogAt < this.times.pollMs) return;
    this.#backlogAt = Date.now();
    this.#backlog = await this.#query(readBacklog(this.#orm.em.fork(), this.position));
  }

  async #deliverUpTo(settled: bigint): Promise<void> {
    for (let position = this.position; position < settled; this.#position = position) {
      if (this.#subscribers.size === 0) {
        position = settled;
        continue;
      }
      const events = await this.#query(
        readOutbox(this.#orm.em.fork(), { after: position, upTo: settled, limit: PAGE }),
      );
      position = events.length < PAGE ? settled : (events.at(-1)?.place.id ?? settled);
      for (const { deliver } of this.#subscribers) deliver(events);
    }
  }

  /** The database was put back to an earlier state: each client connects again, with the position that it has. */
  #startAgain(newest: bigint): void {
    this.#logger.warn(
      { position: String(this.#position), newest: String(newest) },
      'the outbox went back: all streams end',
    );
    this.#position = undefined;
    this.#ready = Promise.withResolvers();
    this.#endAll();
  }

  /** A connection may be silent without being closed: no query is waited for without end. */
  #query<Answer>(query: Promise<Answer>): Promise<Answer> {
    return withinDeadline(query, this.times.queryTimeoutMs);
  }
}

/** Lets one loop wait until a time has passed or somebody wakes it. A call while it does not wait is not lost. */
class WakeUp {
  #called = false;
  #wake: (() => void) | undefined;

  call(): void {
    this.#called = true;
    this.#wake?.();
  }

  /** Waits that long; with `wakeable` a call, also one of before, ends it and is used up. */
  async wait(waitMs: number, wakeable: boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs).unref();
      const wake = (): void => {
        clearTimeout(timer);
        resolve();
      };
      if (!wakeable) return;
      this.#wake = wake;
      if (this.#called) wake();
    });
    if (!wakeable) return;
    this.#wake = undefined;
    this.#called = false;
  }
}
