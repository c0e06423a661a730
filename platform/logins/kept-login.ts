import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { shortMessageOf } from '../error-facts.ts';

/** A login of the database: what a process names itself by. */
export interface Login {
  readonly user: string;
  /** Absent: the server asks for none, or for something that is no password. */
  readonly password?: string;
}

/**
 * The service's own login that the set-up has made for this data folder: for installations that name nothing but the owner of
 * their database. `database` is the address that it was made for, as its owner has it, without the password.
 */
const keptLogin = z.object({ user: z.string().min(1), password: z.string().min(1), database: z.string() });
type KeptLogin = z.infer<typeof keptLogin>;

/**
 * The address at which the processes of this data folder work on the database that `ownerUrl` names: with the kept login.
 * `undefined` when none was made for that address. Throws when the file cannot be read.
 */
export function keptLoginUrl(dataDir: string, ownerUrl: string): string | undefined {
  const kept = read(dataDir);
  return kept && kept.database === addressOf(ownerUrl) ? withLogin(ownerUrl, kept) : undefined;
}

/**
 * The login of this data folder, made when there is none: name and password at random, so that folders that share a server
 * never share, or change, a login. `fixedName` is for a server that belongs to the folder.
 */
export function ownLogin(dataDir: string, fixedName?: string): Required<Login> {
  const kept = read(dataDir);
  const user = fixedName ?? (kept?.user.startsWith(SHARED_PREFIX) ? kept.user : newName());
  return { user, password: kept?.password ?? randomBytes(24).toString('base64url') };
}

/** Keeps the login for the address that it was made for. Written beside and renamed: nobody ever reads half of it. */
export function keepLogin(dataDir: string, ownerUrl: string, { user, password }: Required<Login>): void {
  const kept: KeptLogin = { user, password, database: addressOf(ownerUrl) };
  mkdirSync(join(dataDir, 'keys'), { recursive: true, mode: 0o700 });
  const draft = `${fileIn(dataDir)}.${randomBytes(4).toString('hex')}.tmp`;
  writeFileSync(draft, JSON.stringify(kept), { mode: 0o600 });
  renameSync(draft, fileIn(dataDir));
}

/** The same database for another login. */
export function withLogin(url: string, { user, password = '' }: Login): string {
  const other = new URL(url);
  other.username = encodeURIComponent(user);
  other.password = encodeURIComponent(password);
  if (other.username === '') throw new Error('DATABASE_URL must name the host of the database');
  return other.href;
}

/** The login that an address names. */
export function loginOf(url: string): Login {
  const { username, password } = new URL(url);
  const user = decodeURIComponent(username);
  return password === '' ? { user } : { user, password: decodeURIComponent(password) };
}

const SHARED_PREFIX = 'countersign_service_';

function newName(): string {
  return `${SHARED_PREFIX}${randomBytes(4).toString('hex')}`;
}

/** Where the login lies; only the service's own user reads it. */
export function fileIn(dataDir: string): string {
  return join(dataDir, 'keys', 'database-login.json');
}

function read(dataDir: string): KeptLogin | undefined {
  const file = fileIn(dataDir);
  if (!existsSync(file)) return undefined;
  try {
    return keptLogin.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const advice = 'be the user of the service, or remove the file and start again';
    throw new Error(`DATA_DIR: ${file} cannot be read (${shortMessageOf(error)}): ${advice}`, { cause: error });
  }
}

/** Server, database and the owner's name: never a password. */
function addressOf(url: string): string {
  const { username, hostname, port, pathname } = new URL(url);
  return `postgres://${username}@${hostname}:${port || 5432}${pathname}`;
}
