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

/**
 * Starts a part and starts it again whenever it ends by itself, after longer and longer pauses. Throws when the first
 * start fails. What comes later goes to `say`, one line each: the end and its cause, every start that failed, that the
 * part is still not back, and that it is.
 */
export async function supervise(
  name: string,
  start: () => Promise<Part>,
  say: (line: string) => void,
  remindMs = REMIND_MS,
): Promise<Supervised> {
  const stopping = new AbortController();
  let part = await start();
  const keeping = keep();
  return {
    async stop() {
      stopping.abort();
      await part.stop();
      await keeping;
    },
  };

  async function keep(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      const began = Date.now();
      await endOf(part.process);
      if (stopping.signal.aborted) return;
      if (Date.now() - began > WELL_AFTER_MS) pauseMs = FIRST_PAUSE_MS;
      const ended = Date.now();
      const seconds = (): string => ((Date.now() - ended) / 1000).toFixed(1);
      say(`${name} ended (${causeOf(part.process)}): starting it again`);
      const reminder = setInterval(() => say(`${name} is not back after ${seconds()} s: still trying`), remindMs);
      await startAgain(pauseMs).finally(() => clearInterval(reminder));
      if (stopping.signal.aborted) return part.stop();
      say(`${name} is back after ${seconds()} s`);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  }

  async function startAgain(firstPauseMs: number): Promise<void> {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
      if (stopping.signal.aborted) return;
      try {
        part = await start();
        return;
      } catch (error) {
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
