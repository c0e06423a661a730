import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../support/ports.ts';
import { runFolder } from '../support/run.ts';
import { until } from '../support/until.ts';

/** A PgBouncer in transaction mode before the server that `url` names, with the few server connections that are its point. */
export async function startPgBouncer(url: string): Promise<{ url: string; stop(): Promise<void> }> {
  const target = new URL(url);
  const port = await freePort();
  const folder = mkdtempSync(join(runFolder(), 'pgbouncer-'));
  const users = join(folder, 'users.txt');
  writeFileSync(users, `"${target.username}" "${target.password}"\n`);
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'plain',
    auth_file: users,
    pool_mode: 'transaction',
    default_pool_size: 6,
    max_client_conn: 200,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const file = join(folder, 'pgbouncer.ini');
  const databases = ['[databases]', `* = host=${target.hostname} port=${target.port}`];
  writeFileSync(file, [...databases, '[pgbouncer]', ...lines, ''].join('\n'));
  for (const path of [folder, users, file]) chmodSync(path, 0o755);
  // It refuses to be root.
  const identity = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const bouncer = spawn('pgbouncer', ['-q', file], { ...identity, stdio: ['ignore', 'ignore', 'inherit'] });
  await once(bouncer, 'spawn');
  await until(() => answers(port));
  const through = new URL(url);
  through.host = `127.0.0.1:${port}`;
  return {
    url: through.href,
    async stop() {
      const ended = once(bouncer, 'exit');
      bouncer.kill('SIGKILL');
      await ended;
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
