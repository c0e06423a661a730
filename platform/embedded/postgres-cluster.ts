import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Identity } from './unprivileged.ts';

export const SUPERUSER = 'countersign';

/**
 * Makes the data folder of a new PostgreSQL (`initdb`) unless there is one. A killed initdb leaves nothing that counts:
 * the folder gets its name only when it is complete.
 */
export async function ensureCluster(
  dataDir: string,
  options: { initdb: string; identity: Identity; password: string; durable: boolean },
): Promise<void> {
  if (existsSync(join(dataDir, 'PG_VERSION'))) return;
  const making = `${dataDir}.making`;
  const passwordFile = `${dataDir}.initdb-password`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { mode: 0o700 });
  writeFileSync(passwordFile, options.password, { mode: 0o600 });
  options.identity.own(making);
  options.identity.own(passwordFile);
  try {
    const args = initdbArguments(making, passwordFile, options.durable);
    const command = options.identity.command(options.initdb, args);
    await promisify(execFile)(command.file, command.args, { uid: command.uid, gid: command.gid, cwd: '/' });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(making, dataDir);
}

/** The built-in C.UTF-8 locale sorts the same on every machine. */
function initdbArguments(dataDir: string, passwordFile: string, durable: boolean): string[] {
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = [`--username=${SUPERUSER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  return ['-D', dataDir, ...locale, ...access, ...(durable ? [] : ['--no-sync'])];
}

/** The password in `file`, made at random the first time; only its owner reads it. */
export function keptPassword(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}
