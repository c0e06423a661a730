import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SUPERUSER } from '../platform/embedded/postgres-cluster.ts';
import type { KeySource } from '../platform/key-files.ts';
import { parseSettings } from '../platform/settings.ts';

/** What a command needs to work on the same books as the running service. */
export interface OfficeSettings {
  readonly databaseUrl: string;
  readonly keySource: KeySource;
}

/** From the same settings as the service: `DATABASE_URL` or the embedded database of `DATA_DIR`, `ECHECK_KEYS_FILE`. */
export function officeSettings(env: NodeJS.ProcessEnv): OfficeSettings {
  const { databaseUrl, directUrl, dataDir, echeckKeysFile } = parseSettings(env);
  return {
    // A comparison of all the books takes longer than the sessions of a pooler may.
    databaseUrl: directUrl ?? databaseUrl ?? embeddedDatabaseUrl(join(dataDir, 'postgres')),
    keySource: echeckKeysFile === undefined ? { directory: join(dataDir, 'keys') } : { file: echeckKeysFile },
  };
}

function embeddedDatabaseUrl(folder: string): string {
  const [password, port] = [`${folder}.password`, `${folder}.port`].map((file) =>
    existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined,
  );
  if (!password || !port) {
    throw new Error(`set DATABASE_URL, or DATA_DIR to the folder of a started service (nothing found at ${folder})`);
  }
  return `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/countersign`;
}
