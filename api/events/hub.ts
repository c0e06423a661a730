import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { outboxHead, readOutbox, type OutboxEvent, type OutboxPlace } from '../../office/outbox.ts';
import type { Orm } from '../../platform/orm.ts';
import { isOutage } from '../http/outage.ts';

type Deliver = (events: readonly OutboxEvent[]) => void;

/**
 * Reads the outbox once for all streams of this process: thousands of listeners cost the database one query a wake-up, and
 * Temporal nothing. `close` ends every stream.
 */
export interface EventHub {
  /** New events have been committed, or may have been. */
  wake(): void;
  /** Hands every event after the returned place to `deliver`, in order, until the returned `leave` is called. */
  join(deliver: Deliver, ended: () => void): Promise<{ place: OutboxPlace; leave: () => void }>;
  close(): void;
}

const PAGE = 500;
/** A committed event waits this long for older transactions before it is asked for again. */
const SETTLING_MS = 100;
const OUTAGE_MS = 1_000;

export function createEventHub({ orm, logger }: { orm: Orm; logger: Logger }): EventHub {
  return new OutboxHub(orm, logger);
}

interface Member {
  readonly deliver: Deliver;
  readonly ended: () => void;
}

class OutboxHub implements EventHub {
  readonly #orm: Orm;
  readonly #logger: Logger;
  readonly #members = new Set<Member>();
  readonly #closing = new AbortController();
  #place: OutboxPlace | undefined;
  #reading = false;
  #wokenMeanwhile = false;

  constructor(orm: Orm, logger: Logger) {
    this.#orm = orm;
    this.#logger = logger;
  }

  wake(): void {
    this.#wokenMeanwhile = true;
    if (!this.#reading) void this.#read();
  }

  async join(deliver: Deliver, ended: () => void): Promise<{ place: OutboxPlace; leave: () => void }> {
    if (this.#closing.signal.aborted) {
      ended();
      return { place: { transaction: 0n, id: 0n }, leave: () => undefined };
    }
    const head = this.#place ?? (await outboxHead(this.#orm.em.fork())).place;
    const place = (this.#place ??= head);
    const member = { deliver, ended };
    this.#members.add(member);
    // What was committed before it joined may settle only now, and its own wake-up is over.
    this.wake();
    return { place, leave: () => this.#leave(member) };
  }

  #leave(member: Member): void {
    this.#members.delete(member);
    // Nobody listens: who joins later starts from the outbox’s head of that time.
    if (this.#members.size === 0) this.#place = undefined;
  }

  close(): void {
    this.#closing.abort();
    for (const member of this.#members) member.ended();
    this.#members.clear();
  }

  async #read(): Promise<void> {
    this.#reading = true;
    while (this.#wokenMeanwhile && !this.#closing.signal.aborted) {
      this.#wokenMeanwhile = false;
      if (this.#members.size > 0) await this.#readOn();
    }
    this.#reading = false;
  }

  async #readOn(): Promise<void> {
    try {
      if (!(await this.#deliverPages())) return;
      await this.#pause(SETTLING_MS);
    } catch (error) {
      if (!isOutage(error)) this.#logger.error({ err: error }, 'cannot read the outbox');
      await this.#pause(OUTAGE_MS);
    }
    this.#wokenMeanwhile = true;
  }

  /** Delivers what is settled; true when committed events still wait for older transactions. */
  async #deliverPages(): Promise<boolean> {
    const em = this.#orm.em.fork();
    // Asked first: what settles between the two questions is read now, what is committed after them wakes us again.
    const { place, unsettled } = await outboxHead(em);
    let after = (this.#place ??= place);
    for (;;) {
      const events = await readOutbox(em, { after, limit: PAGE });
      after = this.#place = events.at(-1)?.place ?? after;
      for (const { deliver } of this.#members) deliver(events);
      if (events.length < PAGE) return unsettled;
    }
  }

  async #pause(delayMs: number): Promise<void> {
    await sleep(delayMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }
}
