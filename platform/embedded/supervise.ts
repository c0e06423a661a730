import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasEnded } from './spawn-server.ts';

/** A part of the service that runs as a process of its own. */
export interface Part {
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

export interface Supervised {
  /** Ends the part, and it stays ended. */
  stop(): Promise<void>;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;
/** A part that ran this long was well: its next end counts as the first again. */
const WELL_AFTER_MS = 30_000;
const REMIND_MS = 15_000;

/** Starts a part, or throws; gives up when the signal says so. */
export type StartPart = (signal: AbortSignal) => Promise<Part>;

/**
 * Starts a part and starts it again whenever it ends by itself, after longer and longer pauses. Throws when the first
 * start fails. What comes later goes to `say`, one line each: the end and its cause, every start that failed, that the
 * part is still not back, and that it is.
 */
export async function supervise(
  name: string,
  start: StartPart,
  say: (line: string) => void,
  remindMs = REMIND_MS,
): Promise<Supervised> {
  const keeper = new Keeper({ name, start, say, remindMs });
  await keeper.begin();
  return keeper;
}

/** A part without which the others work: nobody waits until it is up. */
export interface Optional extends Supervised {
  /** Resolves once its first start has come to an end: whether it is up. */
  readonly first: Promise<boolean>;
}

/**
 * Like `supervise`, but a first start that fails is said and tried again as later ones are. What is said again and again is said
 * once.
 */
export function superviseOptional(
  name: string,
  start: StartPart,
  say: (line: string) => void,
  remindMs = REMIND_MS,
): Optional {
  let last = '';
  const sayOnce = (line: string): void => {
    if (line !== last) say(line);
    last = line;
  };
  const keeper = new Keeper({ name, start, say: sayOnce, remindMs });
  const first = keeper.begin().then(
    () => true,
    (error: unknown) => {
      if (!keeper.stopped) {
        sayOnce(`${name} does not start, the rest works without it: ${inOneLine(error)}`);
        keeper.tryAgain();
      }
      return false;
    },
  );
  return { stop: () => keeper.stop(), first };
}

interface Kept {
  readonly name: string;
  readonly start: StartPart;
  readonly say: (line: string) => void;
  readonly remindMs: number;
}

class Keeper implements Supervised {
  readonly #kept: Kept;
  readonly #stopping = new AbortController();
  #part: Part | undefined;
  #keeping: Promise<unknown> = Promise.resolve();

  constructor(kept: Kept) {
    this.#kept = kept;
  }

  get stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async begin(): Promise<void> {
    const starting = this.#kept.start(this.#stopping.signal);
    this.#keeping = starting.catch(() => {});
    this.#part = await starting;
    this.#keeping = this.#keep(this.#part);
  }

  /** Tries until it has started, or is stopped. */
  tryAgain(): void {
    this.#keeping = this.#startAgain(FIRST_PAUSE_MS).then((part) => {
      if (!part || this.stopped) return undefined;
      this.#kept.say(`${this.#kept.name} is up`);
      return this.#keep(part);
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#part?.stop();
    await this.#keeping;
    // What came up meanwhile.
    await this.#part?.stop();
  }

  async #keep(first: Part): Promise<void> {
    const { name, say, remindMs } = this.#kept;
    let pauseMs = FIRST_PAUSE_MS;
    for (let part: Part | undefined = first; part;) {
      const began = Date.now();
      await endOf(part.process);
      if (this.#stopping.signal.aborted) return;
      if (Date.now() - began > WELL_AFTER_MS) pauseMs = FIRST_PAUSE_MS;
      const ended = Date.now();
      const seconds = (): string => ((Date.now() - ended) / 1000).toFixed(1);
      say(`${name} ended (${causeOf(part.process)}): starting it again`);
      const reminder = setInterval(() => say(`${name} is not back after ${seconds()} s: still trying`), remindMs);
      part = await this.#startAgain(pauseMs).finally(() => clearInterval(reminder));
      if (this.#stopping.signal.aborted) return;
      say(`${name} is back after ${seconds()} s`);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  }

  /** The part, once it has started; `undefined` when it is stopped before that. */
  async #startAgain(firstPauseMs: number): Promise<Part | undefined> {
    const { name, start, say } = this.#kept;
    const { signal } = this.#stopping;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return undefined;
      try {
        this.#part = await start(signal);
        return this.#part;
      } catch (error) {
        if (signal.aborted) return undefined;
        say(`${name} does not start: ${inOneLine(error)}`);
      }
    }
  }
}

async function endOf(child: ChildProcess): Promise<void> {
  if (!hasEnded(child)) await once(child, 'exit');
}

/** A part that ends with code 0 was asked to, by somebody other than us. */
function causeOf(child: ChildProcess): string {
  if (child.exitCode === 0) return 'code 0, as after `kill`';
  return child.signalCode ?? `code ${child.exitCode}`;
}

/** The last words of a log come as several lines. */
function inOneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n').join(' | ');
}
