import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT, SetupError } from './progress.mjs';

/** The first Node that runs TypeScript as it is. On Linux npm brings one as an optional dependency. */
const LEAST = [22, 18];

export function requireModernNode() {
  if (existsSync(join(PROJECT, 'node_modules', '.bin', 'node')) || isModern(process.versions.node)) return;
  throw new SetupError(
    `Node ${process.versions.node} is too old and npm has none for ${process.platform}-${process.arch}: install Node 24 (https://nodejs.org)`,
  );
}

function isModern(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
}
