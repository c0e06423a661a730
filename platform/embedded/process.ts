import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from './unprivileged.ts';

const LOG_LIMIT_BYTES = 20 * 1024 * 1024;

/**
 * Starts a server in a process group of its own, so that Ctrl-C in a terminal reaches only us and we end the parts in
 * order. Its output goes to `logFile`: a file outlives us, a pipe would break under a server whose starter was killed.
 */
export function spawnServer(command: Command, options: { logFile: string; env?: NodeJS.ProcessEnv }): ChildProcess {
  const log = openLog(options.logFile);
  try {
    const { file, args, uid, gid } = command;
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', log, log],
      uid,
      gid,
      env: options.env,
      cwd: '/',
    });
    // Without a listener a failed spawn would end us; whoever waits for readiness sees that there is no pid.
    child.on('error', () => {});
    return child;
  } finally {
    closeSync(log);
  }
}

function openLog(path: string): number {
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

/** What process `pid` runs, its arguments separated by spaces; `undefined` when there is no such process. */
export function commandLine(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() || undefined;
    }
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Ends process `pid` by the given signals, one after the other, each with its patience; resolves once it is gone. */
export async function endProcess(
  pid: number,
  signals: readonly { signal: NodeJS.Signals; patienceMs: number }[],
): Promise<void> {
  for (const { signal, patienceMs } of signals) {
    if (!sendSignal(pid, signal)) return;
    const deadline = Date.now() + patienceMs;
    while (Date.now() < deadline) {
      if (commandLine(pid) === undefined) return;
      await sleep(20);
    }
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** The processes whose command line names this program and this folder: what a killed starter left behind. */
export function processesOf(program: string, folder: string): number[] {
  return runningProcesses().filter((pid) => {
    const [file = '', ...args] = (commandLine(pid) ?? '').split(' ');
    return basename(file) === program && args.some((argument) => argument.includes(`${folder}/`));
  });
}

function runningProcesses(): number[] {
  const names =
    process.platform === 'linux'
      ? readdirSync('/proc')
      : execFileSync('ps', ['-A', '-o', 'pid='], { encoding: 'utf8' }).split('\n');
  return names.map(Number).filter((pid) => Number.isInteger(pid) && pid > 0 && pid !== process.pid);
}
