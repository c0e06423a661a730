import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT, readStamp, stamp, step } from './progress.mjs';

const BUILT = join(PROJECT, 'web', 'dist', 'index.html');
const VITE = join(PROJECT, 'node_modules', 'vite', 'bin', 'vite.js');

/** Builds the desks (`web/`) when they are missing, or when what they are built from has changed. */
export async function buildDesks() {
  const digest = digestOfSources();
  if (existsSync(BUILT) && readStamp().desks === digest) return;
  const advice = 'run `npm run web` to see all of it';
  await step('building the desks', [process.execPath, VITE, 'build', 'web'], advice);
  stamp({ desks: digest });
}

function digestOfSources() {
  const hash = createHash('sha256');
  for (const file of [...filesOf('web'), ...filesOf('client'), 'package-lock.json'])
    hash.update(`${file}\0`).update(readFileSync(join(PROJECT, file)));
  return hash.digest('hex');
}

function filesOf(folder) {
  const isSource = (path) => !/(^|\/)(dist|node_modules)(\/|$)/.test(path);
  return readdirSync(join(PROJECT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isSource(join(entry.parentPath, entry.name).slice(PROJECT.length)))
    .map((entry) => join(entry.parentPath, entry.name).slice(PROJECT.length))
    .toSorted();
}
