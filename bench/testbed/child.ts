import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { lastLines } from '../../platform/embedded/spawn-server.ts';
import type { Measured } from './processes.ts';

/** A process of the service, or of one that it is compared with, started by the bench. */
export interface Child extends Measured {
  readonly logFile: string;
  /** Asks it to finish what it took and to end. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Throws, with its last log lines, when it has ended by itself. */
  assertAlive(): void;
}

const ROOT = new URL('../../', import.meta.url);

export interface ChildOptions {
  readonly name: string;
  /** A source file, relative to the project. */
  readonly entry: string;
  readonly env: Record<string, string>;
  readonly logFile: string;
  /** Where Node writes a processor profile when the process ends; absent: none. */
  readonly profileFolder?: string;
}

/** Starts `node entry`. Its output goes to the log file. */
export function startChild({ name, entry, env, logFile, profileFolder }: ChildOptions): Child {
  const log = openSync(logFile, 'a');
  const profiling = profileFolder ? ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`] : [];
  const child = spawn(process.execPath, [...profiling, fileURLToPath(new URL(entry, ROOT))], {
    cwd: fileURLToPath(ROOT),
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
  });
  closeSync(log);
  const ended = once(child, 'exit');
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  return {
    name,
    pid: child.pid ?? Number.NaN,
    logFile,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    assertAlive() {
      if (child.exitCode === null && child.signalCode === null) return;
      throw new Error(`${name} has ended (${child.exitCode ?? child.signalCode}):\n${lastLines(logFile, 15)}`);
    },
  };
}
