import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { startPostgres, type EmbeddedPostgres } from '../../platform/embedded/postgres.ts';
import { argumentsOf } from '../../platform/embedded/process.ts';
import { runFolder } from '../support/run.ts';
import { until } from '../support/until.ts';

let folder: string;
let dataDir: string;
let server: EmbeddedPostgres;
beforeAll(async () => {
  // mkdtemp's folders are closed to everybody else, as `/root` is: as root, the server runs as another user all the same.
  folder = mkdtempSync(join(runFolder(), 'closed-'));
  dataDir = join(folder, 'postgres');
  server = await startPostgres({ dataDir });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

describe('the embedded PostgreSQL', () => {
  test('runs in a folder that nobody else may enter, never as root', async () => {
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(statSync(dataDir).uid).not.toBe(0);
  });

  test('listens on the loopback address only, durable, behind a password that only its owner may read', async () => {
    const settings = `select name, setting from pg_settings
      where name in ('listen_addresses', 'fsync', 'synchronous_commit', 'unix_socket_directories') order by name`;
    expect(await query(server.url, settings)).toEqual([
      { name: 'fsync', setting: 'on' },
      { name: 'listen_addresses', setting: '127.0.0.1' },
      { name: 'synchronous_commit', setting: 'on' },
      { name: 'unix_socket_directories', setting: '' },
    ]);
    expect(statSync(`${dataDir}.password`).mode & 0o777).toBe(0o600);
    await expect(query(server.url.replace(/:[^:@]+@/, ':guess@'), 'select 1')).rejects.toThrow(
      'password authentication',
    );
  });

  test('a plain `kill` ends it soon, although a session is open', async () => {
    const session = new Client({ connectionString: server.url });
    session.on('error', () => {});
    await session.connect();
    process.kill(server.pid, 'SIGTERM');
    await until(
      () => argumentsOf(server.pid),
      (stillThere) => stillThere === undefined,
    );
    await session.end().catch(() => {});
    server = await startPostgres({ dataDir });
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('a start ends the server that a killed starter left, and finds its data', async () => {
    await query(server.url, 'create table kept as select 42 as answer');
    const next = await startPostgres({ dataDir });
    expect(argumentsOf(server.pid)).toBeUndefined();
    expect(next.url).toBe(server.url);
    expect(await query(next.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    server = next;
  });

  test('a pid file of a killed server whose number a stranger has now keeps nobody from starting', async () => {
    const pidFile = join(dataDir, 'postmaster.pid');
    const content = readFileSync(pidFile, 'utf8');
    process.kill(server.pid, 'SIGKILL');
    await server.stop();
    writeFileSync(pidFile, content.replace(/^\d+/, String(process.pid)));
    server = await startPostgres({ dataDir });
    expect(await query(server.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  test('a start waits until the last process of a killed server has ended', async () => {
    const session = new Client({ connectionString: server.url });
    session.on('error', () => {});
    await session.connect();
    const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid');
    const backend = rows[0]?.pid ?? 0;
    process.kill(backend, 'SIGSTOP');
    process.kill(server.pid, 'SIGKILL');
    await server.stop();
    const refusals = () => readFileSync(`${dataDir}.log`, 'utf8').split('is still in use').length - 1;
    const before = refusals();
    const starting = startPostgres({ dataDir });
    await until(() => refusals() > before).finally(() => process.kill(backend, 'SIGCONT'));
    server = await starting;
    await session.end().catch(() => {});
    expect(await query(server.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  });

  test('when it does not come up the error shows its last words', async () => {
    const taken = Number(new URL(server.url).port);
    await expect(startPostgres({ dataDir: join(folder, 'other'), port: taken })).rejects.toThrow(
      /PostgreSQL did not start:[^]*Address already in use/,
    );
  });
});
