import { z } from 'zod';

/** What every party's own server is set by. */
export interface SiteSettings {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Its own database. */
  readonly databaseUrl: string;
  /** Its own signing key; made where there is none. */
  readonly keyFile: string;
  /** Under which the party is registered at the office. */
  readonly party: string;
  readonly officeUrl: string;
  /** `iss` of the office's checks and messages. */
  readonly officeIssuer: string;
  readonly apiKey: ApiKeySource;
  /** Who decides: the server by its rules, or its people. */
  readonly decide: 'auto' | 'by-hand';
  readonly logLevel: string;
}

/** The key for the office's API: itself, or the file that holds it, which is read again for each request. */
export type ApiKeySource = { readonly key: string } | { readonly file: string };

export interface SiteDefaults {
  readonly port: number;
  readonly party: string;
}

/**
 * Reads the settings from the environment: those of every server, and its own by `own`. An empty variable is one that is not
 * set. Throws an error that names each setting that is wrong.
 */
export function parseSiteSettings<Own>(
  env: NodeJS.ProcessEnv,
  defaults: SiteDefaults,
  own: z.ZodType<Own>,
): { readonly site: SiteSettings; readonly own: Own } {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const common = commonTo(defaults).safeParse(given);
  const particular = own.safeParse(given);
  if (!common.success || !particular.success) {
    const issues = [...(common.error?.issues ?? []), ...(particular.error?.issues ?? [])];
    throw new Error(
      [...issues.map(({ path: [name], message }) => faultOf(String(name), message, given)), ALL_SETTINGS].join('\n'),
    );
  }
  return { site: settingsFrom(common.data), own: particular.data };
}

/** One setting that a command needs. Throws an error that names it where it is missing. */
export function requiredSetting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is required`);
  return value;
}

const ALL_SETTINGS = "All settings: README.md in the site's folder, sites/…";

function faultOf(name: string, message: string, given: NodeJS.ProcessEnv): string {
  // An API key may also come from a file: then the message says so.
  const isMissing = given[name] === undefined && name !== 'OFFICE_API_KEY';
  return `${name}: ${isMissing ? 'is required' : message}`;
}

const text = z.string().trim().min(1);

function commonTo({ port, party }: SiteDefaults) {
  return z
    .object({
      SITE_PORT: z.coerce.number().int().min(0).max(65_535).default(port),
      SITE_HOST: text.default('127.0.0.1'),
      SITE_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
      SITE_KEY_FILE: text,
      SITE_PARTY_ID: text.default(party),
      OFFICE_URL: z.url({ protocol: /^https?$/ }),
      OFFICE_ISSUER: text.default('countersign'),
      OFFICE_API_KEY: text.optional(),
      OFFICE_API_KEY_FILE: text.optional(),
      DECIDE: z.enum(['auto', 'by-hand']).default('auto'),
      LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    })
    .refine((env) => env.OFFICE_API_KEY !== undefined || env.OFFICE_API_KEY_FILE !== undefined, {
      path: ['OFFICE_API_KEY'],
      error: 'OFFICE_API_KEY or OFFICE_API_KEY_FILE is required',
    });
}

function settingsFrom(data: z.output<ReturnType<typeof commonTo>>): SiteSettings {
  return {
    host: data.SITE_HOST,
    port: data.SITE_PORT,
    databaseUrl: data.SITE_DATABASE_URL,
    keyFile: data.SITE_KEY_FILE,
    party: data.SITE_PARTY_ID,
    officeUrl: data.OFFICE_URL.replace(/\/+$/, ''),
    officeIssuer: data.OFFICE_ISSUER,
    apiKey: data.OFFICE_API_KEY === undefined ? { file: data.OFFICE_API_KEY_FILE ?? '' } : { key: data.OFFICE_API_KEY },
    decide: data.DECIDE,
    logLevel: data.LOG_LEVEL,
  };
}
