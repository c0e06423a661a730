import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { identityOf } from './process.ts';

const holderSchema = z.object({ pid: z.number().int(), identity: z.string() });

/**
 * Takes `dataDir` for this process; of several that try at once one gets it. Returns the id of the process that has it
 * when that one still runs, `undefined` when it is ours. A holder that was killed has lost it.
 */
export function takeInstance(dataDir: string): number | undefined {
  makeDataDir(dataDir);
  const lock = join(dataDir, 'instance.lock');
  const ours = `${lock}.${process.pid}`;
  writeFileSync(ours, JSON.stringify({ pid: process.pid, identity: identityOf(process.pid) }));
  try {
    if (tryLink(ours, lock)) return undefined;
    const holder = readHolder(lock);
    if (holder !== undefined && identityOf(holder.pid) === holder.identity) return holder.pid;
    rmSync(lock, { force: true });
    return tryLink(ours, lock) ? undefined : readHolder(lock)?.pid;
  } finally {
    rmSync(ours, { force: true });
  }
}

/** For its owner alone; PostgreSQL, which as root runs as somebody else, may pass and not look around. */
function makeDataDir(dataDir: string): void {
  if (mkdirSync(dataDir, { recursive: true }) !== undefined)
    chmodSync(dataDir, process.getuid?.() === 0 ? 0o711 : 0o700);
}

export function leaveInstance(dataDir: string): void {
  rmSync(join(dataDir, 'instance.lock'), { force: true });
}

/** A link appears complete and only once: no half-written lock, no two holders. */
function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch {
    return false;
  }
}

function readHolder(lock: string): z.infer<typeof holderSchema> | undefined {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(lock, 'utf8')));
  } catch {
    return undefined;
  }
}
