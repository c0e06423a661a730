import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateSigningKey } from '../office/checks/index.ts';
import { newApiKey } from '../office/registry/index.ts';
import { generateMasterKey, type PrivateSigningKey } from '../platform/key-files.ts';

/** The folders of `secrets/`, as containers enter them: keys, of each of the parties' own servers its own, and what an operator puts there. */
const SITES = ['selling-office', 'distributing-company'];
const FOLDERS = ['keys', ...SITES, 'files', 'temporal', 'alertmanager'];

/** Where keys lay before each of those had a folder of its own. */
const MOVED = [
  'keys/master-key.json',
  'keys/echeck-keys.json',
  ...SITES.flatMap((site) => [`${site}/key.json`, `${site}/api-key`]),
];

/**
 * Makes what docker-compose.yml needs and the repository must not hold, in the folder given (default: here): `.env` with
 * random passwords, and `secrets/` with a master key and a signing key, and for each of the parties' own servers (profile `sites`) a signing key and
 * an API key; and in it the folders for files of the operator's own. What is there already stays as it is, but for keys that a
 * former version had elsewhere, which are moved; passwords that an `.env` of a former version lacks are added to it.
 */
async function main(folder: string): Promise<void> {
  const secrets = join(folder, 'secrets');
  mkdirSync(secrets, { recursive: true, mode: 0o700 });
  // Containers read these files as another user, so that only the folder above them all keeps others out.
  for (const own of FOLDERS) mkdirSync(join(secrets, own), { recursive: true, mode: 0o755 });
  for (const place of MOVED) moveTo(secrets, place);
  writeOnce(join(secrets, 'keys/master-key.json'), JSON.stringify(generateMasterKey()), 0o444);
  writeOnce(join(secrets, 'keys/echeck-keys.json'), JSON.stringify({ keys: [await generateSigningKey()] }), 0o444);
  for (const site of SITES) {
    writeOnce(join(secrets, site, 'key.json'), JSON.stringify({ keys: [await siteKey()] }), 0o444);
    writeOnce(join(secrets, site, 'api-key'), newApiKey(), 0o444);
  }
  const file = join(folder, '.env');
  writeOnce(file, environment(), 0o600);
  addMissing(file);
}

/** A process that runs keeps the file itself, whatever it is called. */
function moveTo(secrets: string, place: string): void {
  const former = join(secrets, place.replace('keys/', '').replace('/', '-'));
  const now = join(secrets, place);
  if (!existsSync(former) || existsSync(now)) return;
  renameSync(former, now);
  console.log(`moved ${former} to ${now}`);
}

/** Of the same kind as the office's own, and none of its names. */
async function siteKey(): Promise<PrivateSigningKey> {
  const key = await generateSigningKey();
  return { ...key, kid: key.kid.replace(/^echeck-/, 'site-') };
}

function environment(): string {
  const example = readFileSync(new URL('../deploy/env.example', import.meta.url), 'utf8');
  return example.replace(/^(\w+_PASSWORD)=$/gm, (_line, name: string) => `${name}=${randomBytes(24).toString('hex')}`);
}

function addMissing(file: string): void {
  const there = readFileSync(file, 'utf8');
  for (const [line = '', name = ''] of environment().matchAll(/^(\w+_PASSWORD)=.+$/gm)) {
    if (new RegExp(`^${name}=`, 'm').test(there)) continue;
    appendFileSync(file, `${there.endsWith('\n') ? '' : '\n'}${line}\n`);
    console.log(`${file}: added ${name}`);
  }
}

function writeOnce(file: string, text: string, mode: number): void {
  if (existsSync(file)) return console.log(`${file} is there already`);
  writeFileSync(file, `${text.trimEnd()}\n`, { mode, flag: 'wx' });
  console.log(`made ${file}`);
}

main(process.argv[2] ?? '.').catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
