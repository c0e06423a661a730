import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../cli/terminal/main.ts', import.meta.url));

/** One line of the terminal's JSON. */
export type TerminalStep = { readonly step: string } & Readonly<Record<string, unknown>>;

/** A terminal as its own program, on its way. */
export interface TerminalProgram {
  readonly child: ChildProcess;
  /** What it has said so far, on both streams. */
  said(): string;
  /** Its lines on standard output, as JSON. */
  steps(): TerminalStep[];
  /** Its exit code, once it has ended. */
  ended(): Promise<number | null>;
}

/** Runs the terminal with nothing of the tests' own settings, nobody to ask, and a key of `keyFile`. */
export function runTerminal(
  office: { readonly url: string; readonly keyFile: string },
  args: readonly string[],
  env: Record<string, string> = {},
): TerminalProgram {
  const { PATH = '', HOME = '' } = process.env;
  const [command = '', ...rest] = args;
  const all = [MAIN, command, '--url', office.url, '--key', office.keyFile, ...rest];
  const child = spawn(process.execPath, all, { env: { PATH, HOME, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, both] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    both += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => (both += chunk.toString()));
  const exit = once(child, 'close').then(() => child.exitCode);
  return {
    child,
    said: () => both,
    steps: () =>
      out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as TerminalStep),
    ended: () => exit,
  };
}
