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

/**
 * Starts a part and starts it again whenever it ends by itself, after longer and longer pauses. Throws when the first
 * start fails; later failures are told to `say` and tried again.
 */
export async function supervise(
  name: string,
  start: () => Promise<Part>,
  say: (line: string) => void,
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
      say(`${name} ended (${causeOf(part.process)}): starting it again`);
      await startAgain(pauseMs);
      if (stopping.signal.aborted) return part.stop();
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
        say(`${name} does not start: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}

async function endOf(child: ChildProcess): Promise<void> {
  if (!hasEnded(child)) await once(child, 'exit');
}

function causeOf(child: ChildProcess): string {
  return child.signalCode ?? `code ${child.exitCode}`;
}
