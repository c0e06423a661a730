import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { processesWith, sendSignal } from '../../platform/embedded/process.ts';
import { freePort as portOfOurOwn } from '../support/ports.ts';
import { runFolder } from '../support/run.ts';
import { PATIENCE_MS, until } from '../support/until.ts';

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** A process of the service, as a user starts it, and all that it says. */
export interface Started {
  readonly child: ChildProcess;
  output(): string;
  /** The exit code, once it has ended. */
  ended(): Promise<number | null>;
}

/** Runs a main file of the project under an environment of its own: nothing of the tests' settings leaks in. */
export function run(main: string, env: Record<string, string>, args: readonly string[] = []): Started {
  return launch(process.execPath, [main, ...args], env);
}

export function runNpmStart(env: Record<string, string>): Started {
  return launch('npm', ['start', '--silent'], env);
}

function launch(command: string, args: readonly string[], env: Record<string, string>): Started {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(command, args, { cwd: PROJECT, env: { PATH, HOME, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const exit = once(child, 'close').then(() => child.exitCode);
  return { child, output: () => said, ended: () => exit };
}

/** Waits until a process has said something, or has ended. */
export async function untilSaid(started: Started, text: string, patienceMs = PATIENCE_MS): Promise<void> {
  await until(() => started.output().includes(text) || started.child.exitCode !== null, {
    what: text,
    seen: () => started.output(),
    patienceMs,
  });
}

/** Waits until a service says that it is ready. Throws with all that it said when it ends instead. */
export async function untilReady(service: Started): Promise<void> {
  // A first start makes databases and a Temporal server.
  await untilSaid(service, READY, 2 * PATIENCE_MS);
  if (!service.output().includes(READY)) throw new Error(`the service did not start:\n${service.output()}`);
}

const READY = 'Countersign is ready';

/** The settings of an instance of its own: free ports and a new folder, which the run removes; the office alone, unless told otherwise. */
export async function instanceSettings(): Promise<{
  PORT: string;
  TEMPORAL_PORT: string;
  TEMPORAL_UI_PORT: string;
  DATA_DIR: string;
  SITES: string;
  POST_WAIT_MS: string;
}> {
  const [api, temporal, ui] = [await freePort(), await freePort(), await freePort()];
  return {
    PORT: api,
    TEMPORAL_PORT: temporal,
    TEMPORAL_UI_PORT: ui,
    DATA_DIR: mkdtempSync(join(runFolder(), 'data-')),
    SITES: 'off',
    // A loaded machine, too, has decided by then.
    POST_WAIT_MS: '60000',
  };
}

export async function freePort(): Promise<string> {
  return String(await portOfOurOwn());
}

/** Every process of an instance except its `npm start`. */
export function partsOf(dataDir: string): number[] {
  const argument = [dataDir + '/postgres', `--db-filename=${dataDir}/temporal.db`, `--instance=${dataDir}`];
  return argument.flatMap(processesWith);
}

/** As `kill -9` of everything at once. */
export function killParts(dataDir: string): void {
  for (const pid of partsOf(dataDir)) sendSignal(pid, 'SIGKILL');
}

/** For the end of a test file: whatever still runs of the instance is killed. */
export function removeInstance(dataDir: string, started: readonly Started[]): void {
  for (const { child } of started) child.kill('SIGKILL');
  killParts(dataDir);
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
