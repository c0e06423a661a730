import { mkdirSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupError, step, TOOLS } from './progress.mjs';
import { isProgram } from './wheels.mjs';

const FOLDER = join(TOOLS, 'prometheus');
const UNPACKED = join(FOLDER, 'usr/bin/promtool');

/** What to do where there is none. */
export const PROMTOOL_ADVICE = 'install promtool, which comes with Prometheus (Debian: apt-get install prometheus)';

/** What checks the rules of the alerts: the machine's own, else that of the set-up; `undefined` where there is none. */
export function findPromtool() {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'promtool'));
  return [...onPath, UNPACKED].find(isProgram);
}

/**
 * Unpacks the one program from Debian's package where none is found and that is possible: the package itself would start a
 * Prometheus. Where it is not, says so: then the rules are not checked, and the test that does it says that it was left out.
 */
export async function installPromtool() {
  if (findPromtool() !== undefined) return;
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const download = 'apt-get --quiet download prometheus';
  // A new machine has no lists of packages yet.
  const unpack = `(${download} || (apt-get --quiet update && ${download})) && dpkg-deb -x prometheus_*.deb . && rm prometheus_*.deb`;
  try {
    await step('unpacking promtool', ['sh', '-c', unpack], PROMTOOL_ADVICE, FOLDER);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.log(`setup: ${error.message}`);
  }
  if (findPromtool() === undefined)
    console.log(`setup: no promtool, so the rules of the alerts are not checked: ${PROMTOOL_ADVICE}`);
}
