import type { Orm } from '../database.ts';
import { Errand, type ErrandKind } from '../entities/errand.entity.ts';

/** What came of a try. `later`: again after a while. `waits`: nothing to say until a message brings something new. */
export interface Came {
  readonly to: 'done' | 'later' | 'waits';
  /** For people: what the office has answered. */
  readonly note: string;
}

export type Run = (subject: string) => Promise<Came>;

export interface OutboxOptions {
  readonly orm: Orm;
  readonly run: Readonly<Record<ErrandKind, Run>>;
  readonly clock: () => Date;
  readonly onFault: (error: unknown) => void;
  /** The pause after a first failure; each one after it is twice as long, up to a minute. */
  readonly pauseMs?: number;
}

export interface Outbox {
  /** Something new was noted. */
  wake(): void;
  /** Takes up nothing more, and waits for what it has begun. */
  close(): Promise<void>;
}

const AT_ONCE = 8;
const LOOK_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** Carries out what is noted, also by a process that ended before: one try after the other, until the office has answered. */
export function startOutbox(options: OutboxOptions): Outbox {
  const running = new Map<string, Promise<void>>();
  let isOpen = true;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    clearTimeout(timer);
    if (!isOpen) return;
    timer = setTimeout(wake, LOOK_MS);
    try {
      // What was under way when the list was read may have ended since, and is not due by what the list says: its end wakes again.
      const underWay = new Set(running.keys());
      const due = await dueErrands(options);
      for (const errand of due.filter((one) => !underWay.has(keyOf(one)))) begin(errand);
    } catch (error) {
      options.onFault(error);
    }
  }

  function begin(errand: Errand): void {
    const key = keyOf(errand);
    if (!isOpen || running.size >= AT_ONCE) return;
    const work = tryOnce(options, errand)
      .catch(options.onFault)
      .finally(() => {
        running.delete(key);
        wake();
      });
    running.set(key, work);
  }

  function wake(): void {
    looking = looking.then(look);
  }

  wake();
  return {
    wake,
    async close() {
      isOpen = false;
      clearTimeout(timer);
      await looking;
      await Promise.all(running.values());
    },
  };
}

function keyOf({ kind, subject }: Errand): string {
  return `${kind} ${subject}`;
}

/** More than are carried out at once: those that are under way are due as well. */
function dueErrands({ orm, clock }: OutboxOptions): Promise<Errand[]> {
  return orm.em.fork().find(Errand, { dueAt: { $lte: clock() } }, { orderBy: { dueAt: 'asc' }, limit: 4 * AT_ONCE });
}

async function tryOnce({ orm, run, clock, pauseMs = 1_000 }: OutboxOptions, errand: Errand): Promise<void> {
  const { kind, subject, version, attempts } = errand;
  const { to, note } = await run[kind](subject).catch((error: unknown): Came => ({
    to: 'later',
    note: error instanceof Error ? error.message : String(error),
  }));
  const now = clock();
  const pause = Math.min(pauseMs * 2 ** attempts, LONGEST_PAUSE_MS);
  const dueAt = to === 'later' ? new Date(now.getTime() + pause) : null;
  // Where something new was noted meanwhile, it is still to be said.
  await orm.em
    .fork()
    .nativeUpdate(
      Errand,
      { kind, subject, version },
      { attempts: attempts + 1, dueAt, note, doneAt: to === 'done' ? now : null },
    );
}
