import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasEnded } from '../../platform/embedded/spawn-server.ts';
import type { Part } from './plan.ts';

/** Starts a part again; throws when it does not come up. */
export type StartPart = () => Promise<ChildProcess>;

/**
 * A part that is kept running: whenever its process ends, by a kill or by itself, it is started again, as a container
 * platform does it.
 */
export interface KeptPart<Name extends string = Part> {
  readonly part: Name;
  /** Of the process that runs, or ran last. */
  readonly pid: number;
  /** How often it was started. */
  readonly starts: number;
  /** Ends its process with SIGKILL and starts it again after `downMs`. One that is just down is killed when it is up again. */
  kill(downMs: number): void;
  /** Ends its process with SIGKILL and keeps it down until `resume`. */
  pause(): Promise<void>;
  resume(): void;
  /** Ends it for good. */
  stop(): Promise<void>;
}

/** The parts of a run as they come up, and the end of all of them at any moment, also while one is just starting. */
export interface KeptParts<Name extends string = Part> {
  readonly parts: ReadonlyMap<Name, KeptPart<Name>>;
  /** Starts a part and keeps it. Throws once all are stopped, or being stopped. */
  readonly keep: (name: Name, start: StartPart) => Promise<KeptPart<Name>>;
  /** Ends all for good, the last one that came up first. Resolves once none runs any more, however often it is called. */
  readonly stop: () => Promise<void>;
}

/** A run without parts yet. Whoever may be interrupted has its `stop` before the first part starts. */
export function keepParts<Name extends string = Part>(): KeptParts<Name> {
  const parts = new Map<Name, KeptPart<Name>>();
  let last: Promise<unknown> = Promise.resolve();
  let stopped: Promise<void> | undefined;
  const stopAll = async (): Promise<void> => {
    // Others that it needs still run, so it comes up or fails.
    await last.catch(() => undefined);
    for (const part of [...parts.values()].toReversed()) await part.stop();
  };
  return {
    parts,
    keep: async (name, start) => {
      if (stopped) throw new Error(`${name} is not started: the run is being stopped`);
      const kept = keepPart(name, start);
      last = kept.then((part) => parts.set(name, part));
      await last;
      return kept;
    },
    stop: () => (stopped ??= stopAll()),
  };
}

const RESTART_PAUSE_MS = 200;

/** Starts a part and keeps it. Resolves once it runs for the first time. */
export async function keepPart<Name extends string>(part: Name, start: StartPart): Promise<KeptPart<Name>> {
  let child = await start();
  let starts = 1;
  let stopped = false;
  let starting: Promise<ChildProcess | undefined> | undefined;
  const wanted: number[] = [];
  let downMs = RESTART_PAUSE_MS;
  let paused = Promise.withResolvers<void>();
  paused.resolve();

  const killNow = (): void => {
    const next = wanted.shift();
    if (next === undefined) return;
    downMs = next;
    child.kill('SIGKILL');
  };
  const keep = async (): Promise<void> => {
    for (;;) {
      if (!hasEnded(child)) await once(child, 'exit');
      await sleep(downMs);
      await paused.promise;
      if (stopped) return;
      downMs = RESTART_PAUSE_MS;
      starting = start().catch(() => undefined);
      const started = await starting;
      if (!started) continue;
      child = started;
      starts += 1;
      if (stopped) child.kill('SIGKILL');
      else killNow();
    }
  };
  const keeping = keep();

  return {
    part,
    get starts() {
      return starts;
    },
    get pid() {
      return child.pid ?? 0;
    },
    kill(forMs) {
      wanted.push(forMs);
      if (!hasEnded(child)) killNow();
    },
    async pause() {
      paused = Promise.withResolvers();
      await starting;
      child.kill('SIGKILL');
      if (!hasEnded(child)) await once(child, 'exit');
    },
    resume: () => paused.resolve(),
    async stop() {
      stopped = true;
      paused.resolve();
      child.kill('SIGKILL');
      await keeping;
    },
  };
}
