import type { ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { searchAttributes } from '../../temporal.config.ts';
import { lazyConnection } from '../temporal-connection.ts';
import { hasSearchAttributes } from '../temporal-search-attributes.ts';
import { findOnPath, isExecutable } from './executables.ts';
import { endProcess, processesWith } from './process.ts';
import { hasEnded, lastLines, spawnServer } from './spawn-server.ts';

export interface EmbeddedTemporal {
  /** `127.0.0.1:port` of the gRPC frontend. */
  readonly address: string;
  readonly pid: number;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

export interface TemporalOptions {
  readonly port: number;
  /** Absent: without the web UI. */
  readonly uiPort?: number;
  /** Where the state is kept; absent: in memory. */
  readonly databaseFile?: string;
  readonly logFile: string;
  /** Made beside `default`, with the same search attributes. */
  readonly namespaces?: readonly string[];
  /** More of the server's dynamic configuration, as JSON by key. */
  readonly dynamicConfig?: Readonly<Record<string, string>>;
}

const STARTUP_PATIENCE_MS = 60_000;
const SHUTDOWN = [
  { signal: 'SIGINT', patienceMs: 15_000 },
  { signal: 'SIGKILL', patienceMs: 5_000 },
] as const;
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Starts Temporal's dev server on the loopback address, with our search attributes. Resolves when every namespace knows
 * them; throws with the last log lines when the server does not come up.
 */
export async function startTemporal(options: TemporalOptions): Promise<EmbeddedTemporal> {
  if (options.databaseFile !== undefined) {
    mkdirSync(dirname(resolve(options.databaseFile)), { recursive: true });
    await endLeftoverTemporal(options.databaseFile);
  }
  const command = { file: findTemporal(), args: serverArguments(options) };
  const child = spawnServer(command, { logFile: options.logFile });
  const address = `127.0.0.1:${options.port}`;
  const stop = async (): Promise<void> => endProcess(child.pid ?? 0, SHUTDOWN);
  const namespaces = ['default', ...(options.namespaces ?? [])];
  await untilReady(address, namespaces, child, options.logFile).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { address, pid: child.pid ?? 0, process: child, stop };
}

/**
 * The `temporal` program: the one that the set-up put below the project, whose version was tried, else the one on PATH.
 * Throws, with what to do, when there is none.
 */
export function findTemporal(): string {
  const installed = join(PROJECT, '.tools', 'venv', 'bin', 'temporal');
  const found = isExecutable(installed) ? installed : findOnPath('temporal');
  if (found !== undefined) return found;
  throw new Error(
    'no `temporal` program: run `node scripts/setup.mjs run`, or set TEMPORAL_ADDRESS to a server of yours',
  );
}

function serverArguments(options: TemporalOptions): string[] {
  return [
    'server',
    'start-dev',
    '--log-level=error',
    '--ip=127.0.0.1',
    `--port=${options.port}`,
    ...(options.uiPort === undefined ? ['--headless'] : [`--ui-port=${options.uiPort}`]),
    ...(options.databaseFile === undefined ? [] : stateOnDisk(options.databaseFile)),
    // The idle server otherwise hands out tasks on a 50 ms grid.
    '--dynamic-config-value=history.transferProcessorMaxPollRPS=1000',
    // Parties' webhooks are served in fair shares; without it in the order in which they come.
    '--dynamic-config-value=matching.enableFairness=true',
    // A workflow whose task fails twice is found by search at once; by default only after five tries, a minute later.
    '--dynamic-config-value=system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2',
    ...Object.entries(options.dynamicConfig ?? {}).map(([key, value]) => `--dynamic-config-value=${key}=${value}`),
    ...(options.namespaces ?? []).map((name) => `--namespace=${name}`),
    ...Object.values(searchAttributes).map(({ name, type }) => `--search-attribute=${name}=${cliType(type)}`),
  ];
}

/** Without these two pragmas every write waits for the disk twice: half the orders a second. */
function stateOnDisk(file: string): string[] {
  return [stateArgument(file), '--sqlite-pragma=journal_mode=WAL', '--sqlite-pragma=synchronous=NORMAL'];
}

function stateArgument(file: string): string {
  return `--db-filename=${resolve(file)}`;
}

/** Ends a server that a killed starter left on the same state. */
export async function endLeftoverTemporal(databaseFile: string): Promise<void> {
  await Promise.all(processesWith(stateArgument(databaseFile)).map((pid) => endProcess(pid, SHUTDOWN)));
}

function cliType(type: string): string {
  return type.charAt(0) + type.slice(1).toLowerCase();
}

async function untilReady(
  address: string,
  namespaces: readonly string[],
  child: ChildProcess,
  logFile: string,
): Promise<void> {
  const deadline = Date.now() + STARTUP_PATIENCE_MS;
  while (!(await isReady(address, namespaces))) {
    if (hasEnded(child) || Date.now() > deadline) throw new Error(`Temporal did not start:\n${lastLines(logFile)}`);
    await sleep(50);
  }
}

/** Asks once: the loop above is the retry. */
async function isReady(address: string, namespaces: readonly string[]): Promise<boolean> {
  const connection = lazyConnection({ address, connectTimeout: '2 seconds' }, 1);
  try {
    return await connection.withDeadline(Date.now() + 2_000, async () => {
      const ready = await Promise.all(namespaces.map((namespace) => hasSearchAttributes(connection, namespace)));
      return ready.every(Boolean);
    });
  } catch {
    return false;
  } finally {
    await connection.close().catch(() => {});
  }
}
