import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { keptLoginUrl, loginOf } from './logins/kept-login.ts';
import { embeddedDatabaseUrl, isStarted } from './embedded/database-url.ts';
import { SettingsError } from './settings-error.ts';
import { settingsSchema } from './settings-schema.ts';

export { SettingsError } from './settings-error.ts';

/** Every setting of the service, read from the environment once at the start of a process. */
export type Settings = z.infer<typeof settingsSchema>;

/** The settings of the set-up, which migrates a database that is there. */
export type SetupSettings = Settings & { readonly databaseUrl: string };

/** The settings of API and worker, which find database and Temporal running. The owner of the database is none of their business. */
export type ServiceSettings = Omit<Settings, 'ownerUrl'> & { readonly databaseUrl: string; readonly directUrl: string };

/** Reads the settings. An empty variable counts as absent. Throws `SettingsError`. */
export function parseSettings(env: NodeJS.ProcessEnv): Settings {
  const given = Object.fromEntries(Object.entries(withFiles(env)).filter(([, value]) => value !== ''));
  const parsed = settingsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new SettingsError(parsed.error.issues.map(lineOf).join('\n'));
}

/** Reads the settings of the set-up, which needs a database to be named. Throws `SettingsError`. */
export function parseSetupSettings(env: NodeJS.ProcessEnv): SetupSettings {
  const settings = parseSettings(env);
  const { databaseUrl } = settings;
  if (databaseUrl === undefined) {
    throw new SettingsError(
      'DATABASE_URL is missing: set it to postgres://user:password@host:port/database, or DATA_DIR to the folder of a started service',
    );
  }
  return { ...settings, databaseUrl };
}

/**
 * Reads the settings of API and worker. Where `DATABASE_URL` names the owner for whom the set-up has made a login of this data
 * folder's own, that login is taken: the owner's is never used. A process beside `npm start` is given its `DATA_DIR` alone. Throws `SettingsError`.
 */
export function parseServiceSettings(env: NodeJS.ProcessEnv): ServiceSettings {
  const { ownerUrl: _notOurs, databaseUrl, directUrl, ...settings } = parseSetupSettings(besideEmbedded(env));
  if (directUrl === undefined) {
    const url = keptLoginUrl(settings.dataDir, databaseUrl) ?? databaseUrl;
    return { ...settings, databaseUrl: url, directUrl: url };
  }
  if (loginOf(directUrl).user !== loginOf(databaseUrl).user) {
    throw new SettingsError(
      'DATABASE_DIRECT_URL names another login than DATABASE_URL: name the same one in both; the owner belongs in DATABASE_OWNER_URL of `npm run migrate`',
    );
  }
  return { ...settings, databaseUrl, directUrl };
}

/** Database, Temporal and the tokens of the demo parties are those of the service whose folder is named, and nothing else is. */
function besideEmbedded(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (!env['DATA_DIR']) return env;
  const { dataDir, databaseUrl, temporalAddress, temporalPort } = parseSettings(env);
  if (databaseUrl !== undefined || !isStarted(dataDir)) return env;
  return {
    ...env,
    DATABASE_URL: embeddedDatabaseUrl(dataDir),
    TEMPORAL_ADDRESS: temporalAddress ?? `127.0.0.1:${temporalPort}`,
    EMBEDDED: 'true',
  };
}

/** Reads the settings for a process's main file: wrong ones are printed, and the process ends with code 1. */
export function settingsOrExit<T>(parse: (env: NodeJS.ProcessEnv) => T): T {
  try {
    return parse(process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

const SECRETS = ['DATABASE_URL', 'DATABASE_OWNER_URL', 'DATABASE_DIRECT_URL'] as const;

/** May name a file with it instead (a docker secret): `DATABASE_URL_FILE`, `DATABASE_OWNER_URL_FILE`, `DATABASE_DIRECT_URL_FILE`. */
function withFiles(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.assign({}, env, ...SECRETS.map((name) => fromFile(env, name)));
}

function fromFile(env: NodeJS.ProcessEnv, name: string): NodeJS.ProcessEnv {
  const file = env[`${name}_FILE`];
  if (!file || env[name]) return {};
  try {
    return { [name]: readFileSync(file, 'utf8').trim() };
  } catch {
    throw new SettingsError(`${name}_FILE (${file}) cannot be read: name a readable file that holds ${name}`);
  }
}

/** Values stay out of the message where they may hold a password. */
function lineOf(issue: z.core.$ZodIssue): string {
  const name = issue.path.join('.');
  if (issue.code === 'invalid_value' && issue.values.length > 2)
    return `${name} must be one of ${issue.values.join(', ')}`;
  return `${name} ${issue.message}`;
}
