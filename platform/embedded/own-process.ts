import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endProcess, processesWith, type Asking } from './process.ts';
import { lastLines, spawnServer } from './spawn-server.ts';
import type { Part } from './supervise.ts';

export interface OwnProcess {
  /** The main file, below the project: `workers/main.ts`. */
  readonly main: string;
  /** Marks the process as one of this instance, for whoever comes after us. */
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** Resolves once the process does its work; gives up when the signal says so. */
  readonly untilReady: (child: ChildProcess, signal: AbortSignal) => Promise<unknown>;
  /** Options of Node itself, such as what the process may read. */
  readonly nodeOptions?: readonly string[];
  /** Gives up the start, and ends what was begun. */
  readonly signal?: AbortSignal;
}

/** The folder of the project, with a slash at its end. */
export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const STARTUP_PATIENCE_MS = 60_000;
/** Both finish what they took: the API its requests, the worker its steps. */
const SHUTDOWN: readonly Asking[] = [
  { signal: 'SIGTERM', patienceMs: 25_000 },
  { signal: 'SIGKILL', patienceMs: 5_000 },
];

/** Starts one of the service's own processes and waits until it is ready. Throws with its last words when it is not. */
export async function startOwnProcess(options: OwnProcess): Promise<Part> {
  const { main, dataDir, env, logFile, untilReady, nodeOptions = [] } = options;
  const args = [...nodeOptions, `${PROJECT}${main}`, instanceArgument(dataDir)];
  const child = spawnServer({ file: process.execPath, args }, { logFile, env, channel: true });
  const stop = async (): Promise<void> => endProcess(child.pid ?? 0, SHUTDOWN);
  const waiting = new AbortController();
  const signal = AbortSignal.any([waiting.signal, ...(options.signal ? [options.signal] : [])]);
  const ready = untilReady(child, signal).then(() => true);
  const ended = once(child, 'exit', { signal }).then(() => false);
  const late = sleep(STARTUP_PATIENCE_MS, false, { signal });
  try {
    const given = [ready, ended, late].map((one) => one.catch(() => false));
    if (await Promise.race(given)) return { process: child, stop };
    await stop();
    throw new Error(`${main} did not start:\n${lastLines(logFile, 3)}`);
  } finally {
    waiting.abort();
    await Promise.allSettled([ready, ended, late]);
  }
}

/** Ends the processes that a killed `npm start` left working for this folder. */
export async function endLeftoverProcesses(dataDir: string): Promise<void> {
  await Promise.all(processesWith(instanceArgument(dataDir)).map((pid) => endProcess(pid, SHUTDOWN)));
}

function instanceArgument(dataDir: string): string {
  return `--instance=${dataDir}`;
}
