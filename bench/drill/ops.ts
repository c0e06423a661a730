import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../cli/countersign.mjs', import.meta.url));

export interface Said {
  readonly code: number;
  readonly output: string;
  /** What it says on the other channel: progress, and why it failed. */
  readonly errors: string;
}

/** Runs `npm run ops -- …` as an operator does. Resolves with its exit code and all that it says. */
export type Ops = (...args: string[]) => Promise<Said>;

/** With what `signal` says a command that runs is ended. */
export function opsWith(env: NodeJS.ProcessEnv, signal: AbortSignal): Ops {
  return (...args) =>
    new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [PROGRAM, 'ops', ...args],
        { env, maxBuffer: 64 * 1024 * 1024, signal, killSignal: 'SIGKILL' },
        (_error, stdout, stderr) =>
          resolve({ code: child.exitCode ?? 1, output: stdout.trim(), errors: stderr.trim() }),
      );
    });
}

/** Throws, with all that it said, when a command has failed. */
export function succeeded({ code, output, errors }: Said, command: string): void {
  if (code !== 0) throw new Error(`${command} ended with code ${code}:\n${output}\n${errors}`);
}
