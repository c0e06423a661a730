import { delimiter, isAbsolute, join } from 'node:path';
import { SetupError, step } from './progress.mjs';
import { isProgram } from './wheels.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const ON_A_MAC = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** What to do where there is none. */
export const CHROMIUM_ADVICE =
  'install Chromium (Debian: apt-get install chromium), or set CHROMIUM to the path of a Chromium or Chrome';

/** The browser of the desks' tests: the setting CHROMIUM, else a Chromium or Chrome of the machine; `undefined` where there is none. */
export function findChromium() {
  const set = process.env['CHROMIUM'];
  if (set) return isAbsolute(set) && isProgram(set) ? set : undefined;
  return [...NAMES.flatMap(onPath), ...ON_A_MAC].find(isProgram);
}

function onPath(name) {
  return (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name));
}

/** Installs Debian's Chromium where none is found and that is possible. Where it is not, says so: then the desks' tests fail, and no others. */
export async function installChromium() {
  if (findChromium() !== undefined) return;
  const apt = onPath('apt-get').find(isProgram);
  if (!process.env['CHROMIUM'] && process.getuid?.() === 0 && apt !== undefined) await installByApt(apt);
  if (findChromium() === undefined)
    console.log(`setup: no Chromium, so the tests of the desks will fail: ${CHROMIUM_ADVICE}`);
}

async function installByApt(apt) {
  const quiet = ['env', 'DEBIAN_FRONTEND=noninteractive', apt, '--quiet', '--yes'];
  try {
    await step('reading the package lists, for Chromium', [...quiet, 'update'], CHROMIUM_ADVICE);
    await step('installing Chromium', [...quiet, 'install', '--no-install-recommends', 'chromium'], CHROMIUM_ADVICE);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.log(`setup: ${error.message}`);
  }
}
