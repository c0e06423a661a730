import { execFileSync } from 'node:child_process';
import { chownSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findOnPath } from './executables.ts';

/** A program with its arguments, and the user that runs it. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/** The user as which a program runs that refuses root. */
export interface Identity {
  command(file: string, args: readonly string[]): Command;
  /** Gives a file to that user. */
  own(path: string): void;
}

/** The user `nobody` of most systems; the number needs no entry in `/etc/passwd`. */
const NOBODY = 65534;
const OURSELVES: Identity = { command: (file, args) => ({ file, args }), own: () => {} };

/**
 * PostgreSQL refuses root. As root we run it as whoever owns `dataDir` already, else as `nobody`. Where that user may not
 * even enter the folders (`/root`, a `mktemp -d`), `setpriv` lets it pass them by one capability. Throws when neither works.
 */
export function unprivileged(dataDir: string, programDir: string): Identity {
  if (process.getuid?.() !== 0) return OURSELVES;
  const uid = ownerOf(dataDir) ?? NOBODY;
  const own = (path: string): void => chownSync(path, uid, uid);
  if (mayEnter(dirname(dataDir)) && mayEnter(programDir)) {
    return { command: (file, args) => ({ file, args, uid, gid: uid }), own };
  }
  const setpriv = findOnPath('setpriv');
  if (setpriv === undefined || !works(setpriv)) throw new Error(closedFolders(dirname(dataDir), programDir));
  return { command: (file, args) => ({ file: setpriv, args: [...passFolders(uid), file, ...args] }), own };
}

/** PostgreSQL asks `access(2)` first, which heeds capabilities of other users than root only without the set-uid fix-up. */
function passFolders(uid: number): string[] {
  const capability = '+dac_override';
  const capabilities = [
    `--inh-caps=${capability}`,
    `--ambient-caps=${capability}`,
    `--bounding-set=-all,${capability}`,
  ];
  return [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--securebits=+no_setuid_fixup', ...capabilities, '--'];
}

function works(setpriv: string): boolean {
  try {
    execFileSync(setpriv, [...passFolders(NOBODY), 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function closedFolders(dataParent: string, programDir: string): string {
  return (
    `PostgreSQL does not run as root, and no other user may enter ${dataParent} or ${programDir}: ` +
    'open these folders and all above them (chmod o+x), run as another user, or set DATABASE_URL'
  );
}

function ownerOf(dataDir: string): number | undefined {
  const owner = statSync(join(dataDir, 'PG_VERSION'), { throwIfNoEntry: false })?.uid;
  return owner === 0 ? undefined : owner;
}

/** May any user pass this folder and all folders above it? */
function mayEnter(folder: string): boolean {
  const mode = statSync(folder, { throwIfNoEntry: false })?.mode;
  if (mode !== undefined && (mode & 0o001) === 0) return false;
  const parent = dirname(folder);
  return parent === folder || mayEnter(parent);
}
