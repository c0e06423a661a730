import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { readStamp, stamp, step, TOOLS } from './progress.mjs';

const VENV = join(TOOLS, 'venv');
export const BIN = join(VENV, 'bin');
export const PYTHON = join(BIN, 'python3');

/** Did an earlier set-up install this wheel, or its stand-in? */
export function wasInstalled(wheel) {
  return readStamp().wheels?.includes(wheel) ?? false;
}

/** Installs Python wheels into an environment below `.tools/`. Throws `SetupError`. */
export async function installWheels(title, wheels) {
  if (!isProgram(PYTHON)) {
    const advice = 'install python3 with its venv module (Debian: apt install python3-venv)';
    await step('making a Python environment below .tools/', ['python3', '-m', 'venv', VENV], advice);
  }
  const pip = [PYTHON, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--prefer-binary'];
  await step(title, [...pip, ...wheels], 'check the network and `pip config list`');
  markInstalled(wheels);
}

export function markInstalled(wheels) {
  stamp({ wheels: [...new Set([...(readStamp().wheels ?? []), ...wheels])] });
}

export function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
