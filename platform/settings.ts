import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { settingsSchema } from './settings-schema.ts';

/** Every setting of the service, read from the environment once at the start of a process. */
export type Settings = z.infer<typeof settingsSchema>;

/** The settings of a process that finds its database and its Temporal server running: API, worker, migration job. */
export type ServiceSettings = Settings & { readonly databaseUrl: string; readonly directUrl: string };

/** Says, one line a setting, what is wrong and what to do. Shown without a stack. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** Reads the settings. An empty variable counts as absent. Throws `SettingsError`. */
export function parseSettings(env: NodeJS.ProcessEnv): Settings {
  const given = Object.fromEntries(Object.entries(withFiles(env)).filter(([, value]) => value !== ''));
  const parsed = settingsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new SettingsError(parsed.error.issues.map(lineOf).join('\n'));
}

/** Reads the settings of a process that needs a database to be named. Throws `SettingsError`. */
export function parseServiceSettings(env: NodeJS.ProcessEnv): ServiceSettings {
  const settings = parseSettings(env);
  const { databaseUrl } = settings;
  if (databaseUrl === undefined) {
    throw new SettingsError('DATABASE_URL is missing: set it to postgres://user:password@host:port/database');
  }
  return { ...settings, databaseUrl, directUrl: settings.directUrl ?? databaseUrl };
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

/** Settings that hold a secret may name a file with it instead (a docker secret): `DATABASE_URL_FILE`, `DATABASE_DIRECT_URL_FILE`. */
function withFiles(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, ...fromFile(env, 'DATABASE_URL'), ...fromFile(env, 'DATABASE_DIRECT_URL') };
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
