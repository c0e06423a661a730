import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A signal, and how long the process gets before the next one. */
export interface Asking {
  readonly signal: NodeJS.Signals;
  readonly patienceMs: number;
}

/** The program and arguments of process `pid`; `undefined` when there is no such process (any more). */
export function argumentsOf(pid: number): readonly string[] | undefined {
  try {
    const text =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0$/, '')
        : execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return text === '' ? undefined : text.split(process.platform === 'linux' ? '\0' : ' ');
  } catch {
    return undefined;
  }
}

/** The processes that were started with exactly this argument: what a killed starter left behind. */
export function processesWith(argument: string): number[] {
  return runningProcesses().filter((pid) => argumentsOf(pid)?.includes(argument));
}

function runningProcesses(): number[] {
  const names =
    process.platform === 'linux'
      ? readdirSync('/proc')
      : execFileSync('ps', ['-A', '-o', 'pid='], { encoding: 'utf8' }).split('\n');
  return names.map(Number).filter((pid) => Number.isInteger(pid) && pid > 0 && pid !== process.pid);
}

/**
 * Tells this process from every other one that ever had its number, also after a reboot; `undefined` when it is gone.
 */
export function identityOf(pid: number): string | undefined {
  try {
    if (process.platform !== 'linux') return startOf(pid);
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // The name in parentheses may hold anything; the state is the first field after it, the start time the twentieth.
    const [state, ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return state === 'Z' ? undefined : `${boot} ${fields[18]}`;
  } catch {
    return undefined;
  }
}

function startOf(pid: number): string | undefined {
  return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
}

/** Ends process `pid` by the given signals, one after the other, each with its patience; resolves once it is gone. */
export async function endProcess(pid: number, askings: readonly Asking[]): Promise<void> {
  const identity = pid > 0 ? identityOf(pid) : undefined;
  if (identity === undefined) return;
  for (const { signal, patienceMs } of askings) {
    sendSignal(pid, signal);
    const deadline = Date.now() + patienceMs;
    while (Date.now() < deadline) {
      if (identityOf(pid) !== identity) return;
      await sleep(20);
    }
  }
}

/** A process that ended meanwhile is what was wanted. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
