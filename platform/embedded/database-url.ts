import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shortMessageOf } from '../error-facts.ts';
import { keptLoginUrl } from '../logins/kept-login.ts';
import { SettingsError } from '../settings-error.ts';
import { SUPERUSER } from './postgres-cluster.ts';

/** Whether a service with a database of its own has been started on the folder. */
export function isStarted(dataDir: string): boolean {
  return existsSync(portFile(dataDir));
}

const portFile = (dataDir: string): string => `${join(dataDir, 'postgres')}.port`;

/** Where the database of a started service is, by its folder. With the service's login: nobody works as the owner of the books. Throws `SettingsError`. */
export function embeddedDatabaseUrl(dataDir: string): string {
  const port = readIfThere(portFile(dataDir));
  if (!port) {
    throw new SettingsError(
      `DATA_DIR (${dataDir}) is no folder of a started service: set it to one, or set DATABASE_URL`,
    );
  }
  const url = keptLoginUrl(dataDir, `postgres://${SUPERUSER}@127.0.0.1:${port}/countersign`);
  if (url !== undefined) return url;
  throw new SettingsError(
    `DATA_DIR (${dataDir}): the database at 127.0.0.1:${port}/countersign has no login of the service yet: start the service once`,
  );
}

/** What is above it may be a file, or not there; only a file that may not be read is another matter. */
function readIfThere(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new SettingsError(
      `DATA_DIR: ${file} cannot be read (${shortMessageOf(error)}): be the user of the service, or set DATABASE_URL`,
    );
  }
}
