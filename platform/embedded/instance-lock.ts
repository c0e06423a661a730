import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { codeOf, shortMessageOf } from '../error-facts.ts';
import { SettingsError } from '../settings.ts';
import { identityOf } from './process.ts';

const holderSchema = z.object({ pid: z.number().int(), identity: z.string() });

/**
 * Takes `dataDir` for this process; of several that try at once one gets it. Returns the id of the process that has it
 * when that one still runs, `undefined` when it is ours. A holder that was killed has lost it. Throws `SettingsError` in one
 * line when the folder cannot be used.
 */
export function takeInstance(dataDir: string): number | undefined {
  try {
    return takeWithin(dataDir);
  } catch (error) {
    throw new SettingsError(
      `DATA_DIR (${dataDir}) cannot be used (${shortMessageOf(error)}): set it to a folder that this user may write to`,
    );
  }
}

function takeWithin(dataDir: string): number | undefined {
  if (makeFolder(dataDir)) chmodSync(dataDir, process.getuid?.() === 0 ? 0o711 : 0o700);
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

/**
 * Makes a folder and those above it; `false` when it was there. Node's own `recursive` never returns where a file system
 * has no folder to be made (`/proc`). What is made is for its owner alone; PostgreSQL, which as root runs as somebody else,
 * may pass and not look around.
 */
function makeFolder(folder: string, above = true): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST' && statSync(folder).isDirectory()) return false;
    if (code !== 'ENOENT' || !above) throw error;
  }
  makeFolder(dirname(folder));
  return makeFolder(folder, false);
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
