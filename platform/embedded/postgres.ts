import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { ensureCluster, keptPassword, SUPERUSER } from './postgres-cluster.ts';
import { startupOptions } from '../session.ts';
import { freePort, takenPorts } from './ports.ts';
import { postgresPrograms } from './postgres-programs.ts';
import { argumentsOf, endProcess } from './process.ts';
import { hurryShutdown } from './postgres-shutdown.ts';
import { hasEnded, lastLines, spawnServer } from './spawn-server.ts';
import { unprivileged, type Command } from './unprivileged.ts';

export interface EmbeddedPostgres {
  /** `postgres://…@127.0.0.1:port/countersign`, with the password. */
  readonly url: string;
  readonly pid: number;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

export interface PostgresOptions {
  /** Made when missing. Its password and port lie beside it. */
  readonly dataDir: string;
  /** Default: beside `dataDir`. */
  readonly logFile?: string;
  /** Absent: the one used last when it is free, else any free one. */
  readonly port?: number;
  /** `false` gives up durability for speed: for tests only. Default `true`. */
  readonly durable?: boolean;
}

const DATABASE = 'countersign';
const STARTUP_PATIENCE_MS = 60_000;
/** PostgreSQL's own words for a folder whose killed server still has processes. */
const STILL_IN_USE = 'is still in use';
const STILL_IN_USE_PAUSE_MS = 200;
/** SIGINT is PostgreSQL's fast shutdown, SIGQUIT the immediate one, after which it recovers from its log. */
const SHUTDOWN = [
  { signal: 'SIGINT', patienceMs: 20_000 },
  { signal: 'SIGQUIT', patienceMs: 5_000 },
  { signal: 'SIGKILL', patienceMs: 5_000 },
] as const;

/**
 * Starts the real PostgreSQL that npm ships, on the loopback address only, with its data in `dataDir`. A server that a
 * killed starter left on the same folder is ended first. Throws with the last log lines when it does not come up.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir);
  const logFile = options.logFile ?? `${dataDir}.log`;
  const durable = options.durable ?? true;
  const programs = postgresPrograms();
  mkdirSync(dirname(dataDir), { recursive: true });
  const identity = unprivileged(dataDir, programs.folder);
  const password = keptPassword(`${dataDir}.password`);
  await ensureCluster(dataDir, { initdb: programs.initdb, identity, password, durable });
  await endLeftoverPostgres(dataDir);
  const port = options.port ?? (await keptPort(`${dataDir}.port`));
  const command = identity.command(programs.postgres, serverArguments(dataDir, port, durable));
  const server = `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}`;
  const child = await startedServer(command, `${server}/postgres`, logFile);
  hurryShutdown(child, dataDir);
  return { url: `${server}/${DATABASE}`, pid: child.pid ?? 0, process: child, stop: () => stopServer(child) };
}

/** The server once it answers. The processes of one that was killed live on for a moment, in which no other may start: then once more. */
async function startedServer(command: Command, url: string, logFile: string): Promise<ChildProcess> {
  for (const deadline = Date.now() + STARTUP_PATIENCE_MS; ; await sleep(STILL_IN_USE_PAUSE_MS)) {
    const child = spawnServer(command, { logFile });
    try {
      await untilReady(url, child, logFile);
      return child;
    } catch (error) {
      await stopServer(child);
      if (!String(error).includes(STILL_IN_USE) || Date.now() > deadline) throw error;
    }
  }
}

function stopServer({ pid = 0 }: ChildProcess): Promise<void> {
  return endProcess(pid, SHUTDOWN);
}

/** The address of the server that was last started on this folder, as its owner; `undefined` where none ever was. */
export function lastPostgresUrl(dataDir: string): string | undefined {
  const [passwordFile, portFile] = [`${dataDir}.password`, `${dataDir}.port`];
  if (!existsSync(passwordFile) || !existsSync(portFile)) return undefined;
  const port = Number(readFileSync(portFile, 'utf8'));
  return `postgres://${SUPERUSER}:${keptPassword(passwordFile)}@127.0.0.1:${port}/${DATABASE}`;
}

function serverArguments(dataDir: string, port: number, durable: boolean): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    log_min_messages: 'warning',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return ['-D', dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** `postmaster.pid` may name a server whose starter was killed, or, after a reboot, a stranger: only the first is ended. */
export async function endLeftoverPostgres(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  const [program = '', ...args] = argumentsOf(pid) ?? [];
  if (basename(program) === 'postgres' && args.includes(dataDir)) await endProcess(pid, SHUTDOWN);
  rmSync(pidFile, { force: true });
}

/** The same port again wherever possible: whoever connects knows the address. */
async function keptPort(file: string): Promise<number> {
  const previous = existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
  if (previous !== undefined && (await isFree(previous))) return previous;
  const port = await freePort();
  writeFileSync(file, String(port));
  return port;
}

async function isFree(port: number): Promise<boolean> {
  return (await takenPorts([{ port, setting: 'port', host: '127.0.0.1' }])).length === 0;
}

async function untilReady(url: string, child: ChildProcess, logFile: string): Promise<void> {
  const deadline = Date.now() + STARTUP_PATIENCE_MS;
  while (!(await madeDatabase(url))) {
    if (hasEnded(child) || Date.now() > deadline) throw new Error(`PostgreSQL did not start:\n${lastLines(logFile)}`);
    await sleep(25);
  }
}

/** `false` while the server does not answer yet. */
async function madeDatabase(url: string): Promise<boolean> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    options: startupOptions('unhurried'),
  });
  try {
    await client.connect();
    const found = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
    // Each login has business in its own database alone: the service's in this one, a site's in its own.
    await client.query(`revoke connect, temporary on database postgres, template1, ${DATABASE} from public`);
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
