import { join } from 'node:path';
import { loadMasterKey, type KeySource } from '../platform/key-files.ts';
import { missingMigrations } from '../platform/migrate.ts';
import { connectOrm, type Orm } from '../platform/orm.ts';
import { createSealer, type Sealer } from '../platform/sealing.ts';
import { SettingsError, type ServiceSettings } from '../platform/settings.ts';
import { createCheckSigning, defaultStatusListUri, type CheckSigning } from './check-signing.ts';
import { openKeyRing, type KeyRing } from './signing-keys.ts';

/** The check office's books and keys, as every process opens them. */
export interface Office {
  readonly orm: Orm;
  readonly keyRing: KeyRing;
  readonly signing: CheckSigning;
  readonly sealer: Sealer;
  /** Where checks say that their status list is. */
  readonly statusListUri: string;
  close(): Promise<void>;
}

/**
 * Opens database and keys by the settings; in embedded mode the keys lie below `DATA_DIR` and are made on first use. Throws
 * `SettingsError` in one line when the database does not answer or is not migrated.
 */
export async function openOffice(settings: ServiceSettings, applicationName: string): Promise<Office> {
  const orm = await connectOrm({ url: settings.databaseUrl, poolMax: settings.databasePool, applicationName });
  await requireSchema(orm);
  const folder = join(settings.dataDir, 'keys');
  const keyRing = await openKeyRing({ orm, source: keySource(settings.echeckKeysFile, folder) });
  const masterKey = await loadMasterKey(keySource(settings.masterKeyFile, folder));
  const issuer = settings.checkIssuer;
  const statusListUri = settings.publicUrl
    ? new URL('/.well-known/echeck-status', settings.publicUrl).href
    : defaultStatusListUri(issuer);
  return {
    orm,
    keyRing,
    signing: createCheckSigning({ orm, keyRing, issuer, statusListUri }),
    sealer: createSealer({ orm, masterKey }),
    statusListUri,
    close: () => orm.close(),
  };
}

async function requireSchema(orm: Orm): Promise<void> {
  const missing = await missingMigrations(orm).catch((error: unknown) => {
    throw new SettingsError(`DATABASE_URL: the database does not answer (${String(error).split('\n')[0]})`);
  });
  if (missing.length === 0) return;
  throw new SettingsError(`DATABASE_URL: the database lacks ${missing.join(', ')}: run \`npm run migrate\` first`);
}

function keySource(file: string | undefined, directory: string): KeySource {
  return file === undefined ? { directory } : { file };
}
