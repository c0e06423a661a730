// One set-up of a clone at a time: pip and npm break each other's work when two of them write into the same folders.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf } from './process-identity.mjs';
import { TOOLS } from './paths.mjs';

const LOCK = join(TOOLS, 'setup.lock');
const OURS = `${LOCK}.${process.pid}`;
const LOOK_EVERY_MS = 300;
const SAY_EVERY_MS = 10_000;

/**
 * Waits until no other set-up is at work in this clone, and says so. A holder that was killed has lost the lock as soon as the
 * npm or pip that it left behind has ended, too. The lock goes with this process.
 */
export async function takeLock() {
  if (!prepare({ holders: [holder(process.pid)] })) return;
  for (let saidAt = 0; !taken(); await sleep(LOOK_EVERY_MS)) {
    const [busy] = living(read(LOCK));
    if (busy === undefined) removeStale();
    else if (Date.now() - saidAt > SAY_EVERY_MS) {
      console.log(`setup: another set-up (process ${busy.pid}) is at work in this folder: waiting for it`);
      saidAt = Date.now();
    }
  }
  process.once('exit', () => rmSync(LOCK, { force: true }));
}

/** The lock is held by this process and by the program that it has just started. */
export function shareLock(pid) {
  if (pid === undefined || !isOurs()) return;
  if (prepare({ holders: [holder(process.pid), holder(pid)] })) renameSync(OURS, LOCK);
}

function holder(pid) {
  return { pid, identity: identityOf(pid) };
}

/** Where nothing can be written nothing can be set up either; whoever tries will say so in its own words. */
function prepare(content) {
  try {
    mkdirSync(TOOLS, { recursive: true });
    writeFileSync(OURS, JSON.stringify(content));
    return true;
  } catch {
    return false;
  }
}

/** A link appears complete and only once. */
function taken() {
  try {
    linkSync(OURS, LOCK);
    rmSync(OURS, { force: true });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** By renaming, which one of several can do. Who finds that it took away a lock that is alive puts it back. */
function removeStale() {
  const away = `${OURS}.stale`;
  try {
    renameSync(LOCK, away);
    if (living(read(away)).length > 0) linkSync(away, LOCK);
  } catch {
    // Another one was faster.
  } finally {
    rmSync(away, { force: true });
  }
}

function living(content) {
  return (content?.holders ?? []).filter(({ pid, identity }) => identity && identityOf(pid) === identity);
}

function isOurs() {
  return read(LOCK)?.holders?.[0]?.pid === process.pid;
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
