import { join } from 'node:path';
import { embeddedDatabaseUrl } from '../platform/embedded/database-url.ts';
import type { KeySource } from '../platform/key-files.ts';
import { keptLoginUrl } from '../platform/logins/kept-login.ts';
import { parseSettings } from '../platform/settings.ts';

/** What a command needs to work on the same books as the running service. */
export interface OfficeSettings {
  readonly databaseUrl: string;
  /** The setting that says where the database is. */
  readonly databaseSetting: string;
  readonly keySource: KeySource;
  readonly masterKeySource: KeySource;
}

/** From the same settings as the service: `DATABASE_URL` or the embedded database of `DATA_DIR`, the key files or the keys of `DATA_DIR`. */
export function officeSettings(env: NodeJS.ProcessEnv): OfficeSettings {
  const { databaseUrl, directUrl, dataDir, echeckKeysFile, masterKeyFile } = parseSettings(env);
  return {
    // A comparison of all the books takes longer than the sessions of a pooler may.
    databaseUrl: directUrl ?? serviceUrl(dataDir, databaseUrl) ?? embeddedDatabaseUrl(dataDir),
    databaseSetting: databaseSetting(directUrl, databaseUrl, dataDir),
    keySource: keySource(echeckKeysFile, dataDir),
    masterKeySource: keySource(masterKeyFile, dataDir),
  };
}

function keySource(file: string | undefined, dataDir: string): KeySource {
  return file === undefined ? { directory: join(dataDir, 'keys') } : { file };
}

function databaseSetting(direct: string | undefined, pooled: string | undefined, dataDir: string): string {
  if (direct !== undefined && direct !== pooled) return 'DATABASE_DIRECT_URL';
  return pooled === undefined ? `DATA_DIR (${dataDir})` : 'DATABASE_URL';
}

/** As the service itself works: with the login that the set-up made where the address is the owner's. */
function serviceUrl(dataDir: string, databaseUrl: string | undefined): string | undefined {
  return databaseUrl && (keptLoginUrl(dataDir, databaseUrl) ?? databaseUrl);
}
