import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from './unprivileged.ts';

export interface ServerOptions {
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Opens a channel on which the server says that it is ready. */
  readonly channel?: boolean;
}

const LOG_LIMIT_BYTES = 20 * 1024 * 1024;

/**
 * Starts a server in a process group of its own, so that Ctrl-C in a terminal reaches only us and we end the parts in
 * order. Its output goes to `logFile`: a file outlives us, a pipe would break under a server whose starter was killed.
 */
export function spawnServer({ file, args, uid, gid }: Command, options: ServerOptions): ChildProcess {
  const log = openLog(options.logFile);
  const stdio: StdioOptions = options.channel ? ['ignore', log, log, 'ipc'] : ['ignore', log, log];
  try {
    const child = spawn(file, args, { detached: true, stdio, uid, gid, env: options.env, cwd: '/' });
    // Without a listener a failed spawn would end us; whoever waits for readiness sees that there is no pid.
    child.on('error', () => {});
    return child;
  } finally {
    closeSync(log);
  }
}

/** Has it ended, or never begun? */
export function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_LIMIT_BYTES) truncateSync(path);
  return openSync(path, 'a', 0o600);
}

/** The last lines of a log, for an error message. */
export function lastLines(path: string, count = 5): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return `(no log at ${path})`;
  }
}
