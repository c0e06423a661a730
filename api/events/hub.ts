import { createWatermark, type Watermark } from '../../office/outbox/watermark.ts';
import { readBacklog, readOutbox, type OutboxEvent } from '../../office/outbox/outbox.ts';
import { withinDeadline } from '../../platform/deadline.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Orm } from '../../platform/orm.ts';
import { isOutage } from '../http/outage.ts';
import { Alarm } from './alarm.ts';
import { createOpenStreams, type OpenStreams } from './open-streams.ts';
import { STREAM_TIMES, type StreamTimes } from './times.ts';

type Deliver = (events: readonly OutboxEvent[]) => void;

/** How the reading goes, for metrics and readiness. */
export interface HubHealth {
  /** The last time that the database said how far the outbox may be read. */
  readonly lastReadAt: Date | undefined;
  /** Since when a committed event waits for a transaction that was open beside it. */
  readonly waitingSince: Date | undefined;
  /** Committed events that this process's streams, and the webhooks, have still to be told; at most 10,000. */
  readonly backlog: { readonly streams: number; readonly webhooks: number };
}

export interface Joined {
  /** Every event after this one is delivered. */
  readonly place: bigint;
  readonly leave: () => void;
}

/**
 * Reads the outbox once for all streams of this process: thousands of listeners cost the database two queries a wake-up, and
 * Temporal nothing. It also looks without being woken, so that a lost notification costs seconds. `close` ends every stream.
 */
export interface EventHub {
  readonly streams: OpenStreams;
  readonly times: StreamTimes;
  /** Up to here everything was delivered. */
  readonly place: bigint;
  /** New events have been committed, or may have been. */
  wake(): void;
  /** Hands every event after the returned place to `deliver`, in order, until the returned `leave` is called. */
  join(deliver: Deliver, ended: () => void): Promise<Joined>;
  health(): HubHealth;
  close(): void;
}

const PAGE = 500;

export function createEventHub(parts: { orm: Orm; logger: Logger; times?: Partial<StreamTimes> }): EventHub {
  return new OutboxHub(parts.orm, parts.logger, { ...STREAM_TIMES, ...parts.times });
}

interface Member {
  readonly deliver: Deliver;
  readonly ended: () => void;
}

class OutboxHub implements EventHub {
  readonly streams: OpenStreams;
  readonly times: StreamTimes;
  readonly #orm: Orm;
  readonly #logger: Logger;
  readonly #watermark: Watermark;
  readonly #members = new Set<Member>();
  readonly #alarm = new Alarm();
  #begun = Promise.withResolvers<void>();
  #closed = false;
  #place: bigint | undefined;
  #lastReadAt: Date | undefined;
  #backlog = { streams: 0, webhooks: 0 };
  #backlogAt = 0;
  #waitMs: number;

  constructor(orm: Orm, logger: Logger, times: StreamTimes) {
    this.#orm = orm;
    this.#logger = logger;
    this.times = times;
    this.#waitMs = times.gatherMs;
    this.#watermark = createWatermark(orm);
    this.streams = createOpenStreams({ orm, logger, checkMs: times.credentialsMs });
    void this.#run();
  }

  get place(): bigint {
    return this.#place ?? 0n;
  }

  wake(): void {
    this.#alarm.ring();
  }

  async join(deliver: Deliver, ended: () => void): Promise<Joined> {
    await withinDeadline(this.#begun.promise, this.times.patienceMs);
    const member = { deliver, ended };
    if (this.#closed) ended();
    else this.#members.add(member);
    return { place: this.place, leave: () => void this.#members.delete(member) };
  }

  health(): HubHealth {
    return { lastReadAt: this.#lastReadAt, waitingSince: this.#watermark.waitingSince, backlog: this.#backlog };
  }

  close(): void {
    this.#closed = true;
    this.#alarm.ring();
    this.#begun.resolve();
    this.#endAll();
    this.streams.close();
  }

  #endAll(): void {
    for (const { ended } of this.#members) ended();
    this.#members.clear();
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      const restMs = await this.#turn();
      await this.#alarm.rest(this.times.gatherMs, false);
      await this.#alarm.rest(restMs, true);
    }
  }

  /** Looks, and delivers what is settled. Returns how long to rest when nobody wakes it. */
  async #turn(): Promise<number> {
    const before = this.#place;
    try {
      const { settled, newest } = await this.#ask(this.#watermark.read());
      if (this.#place !== undefined && newest < this.#place) this.#beginAnew(newest);
      if (settled !== undefined) {
        this.#place ??= settled;
        await this.#deliverUpTo(settled);
        this.#begun.resolve();
      }
      await this.#noteBacklog();
      this.#lastReadAt = new Date();
      return this.#untilNextLook(this.#place !== before);
    } catch (error) {
      if (isOutage(error)) this.#logger.debug({ err: error }, 'the outbox cannot be read just now');
      else if (!this.#closed) this.#logger.error({ err: error }, 'cannot read the outbox');
      return this.times.outageMs;
    }
  }

  /** What waits for another transaction is asked for soon, then less and less often: most of them last milliseconds. */
  #untilNextLook(progressed: boolean): number {
    const { gatherMs, pollMs } = this.times;
    if (this.#watermark.waitingSince === undefined) return pollMs;
    this.#waitMs = progressed ? gatherMs : Math.min(this.#waitMs * 2, pollMs);
    return this.#waitMs;
  }

  async #noteBacklog(): Promise<void> {
    if (Date.now() - this.#backlogAt < this.times.pollMs) return;
    this.#backlogAt = Date.now();
    this.#backlog = await this.#ask(readBacklog(this.#orm.em.fork(), this.place));
  }

  async #deliverUpTo(settled: bigint): Promise<void> {
    for (let place = this.place; place < settled; this.#place = place) {
      if (this.#members.size === 0) {
        place = settled;
        continue;
      }
      const events = await this.#ask(readOutbox(this.#orm.em.fork(), { after: place, upTo: settled, limit: PAGE }));
      place = events.length < PAGE ? settled : (events.at(-1)?.place.id ?? settled);
      for (const { deliver } of this.#members) deliver(events);
    }
  }

  /** The database was put back to an earlier state: each stream comes again, and is told apart by its own place. */
  #beginAnew(newest: bigint): void {
    this.#logger.warn({ place: String(this.#place), newest: String(newest) }, 'the outbox went back: all streams end');
    this.#place = undefined;
    this.#begun = Promise.withResolvers();
    this.#endAll();
  }

  /** A connection may be silent without being closed: no question is waited for without end. */
  #ask<Answer>(asked: Promise<Answer>): Promise<Answer> {
    return withinDeadline(asked, this.times.patienceMs);
  }
}
