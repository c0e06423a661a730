import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasEnded } from './spawn-server.ts';

const LOOK_EVERY_MS = 500;
/** The line of `postmaster.pid` that says how the server is: `starting`, `ready`, `stopping` or `standby`. */
const STATUS_LINE = 7;

/**
 * A plain `kill` (SIGTERM) is PostgreSQL's smart shutdown: it takes no new session and waits until the last one has gone,
 * which the pools of worker and API never do. Whoever is asked to stop must be up again soon, so a server that is stopping
 * gets the fast shutdown (SIGINT): sessions are ended, and the supervisor starts it again.
 */
export function hurryShutdown(server: ChildProcess, dataDir: string): void {
  const look = setInterval(() => {
    if (isStopping(dataDir)) server.kill('SIGINT');
  }, LOOK_EVERY_MS);
  look.unref();
  server.once('exit', () => clearInterval(look));
  if (hasEnded(server)) clearInterval(look);
}

function isStopping(dataDir: string): boolean {
  try {
    return readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[STATUS_LINE]?.trim() === 'stopping';
  } catch {
    // The file goes with the server.
    return false;
  }
}
