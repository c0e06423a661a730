import { z } from 'zod';

const text = z.string().trim().min(1);

const schema = z
  .object({
    SITE_PORT: z.coerce.number().int().min(0).max(65_535).default(4100),
    SITE_HOST: text.default('127.0.0.1'),
    SITE_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
    SITE_KEY_FILE: text,
    SITE_PARTY_ID: text.default('seller-loom'),
    OFFICE_URL: z.url({ protocol: /^https?$/ }),
    OFFICE_ISSUER: text.default('countersign'),
    OFFICE_API_KEY: text.optional(),
    OFFICE_API_KEY_FILE: text.optional(),
    DECIDE: z.enum(['auto', 'by-hand']).default('auto'),
    DEMO_GOODS: z.enum(['on', 'off']).default('on'),
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  })
  .refine((env) => env.OFFICE_API_KEY !== undefined || env.OFFICE_API_KEY_FILE !== undefined, {
    path: ['OFFICE_API_KEY'],
    error: 'OFFICE_API_KEY or OFFICE_API_KEY_FILE is required',
  });

export interface Settings {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly databaseUrl: string;
  /** The shop's own signing key; made where there is none. */
  readonly keyFile: string;
  /** Under which the shop is registered. */
  readonly party: string;
  readonly officeUrl: string;
  /** `iss` of the office's checks and messages. */
  readonly officeIssuer: string;
  readonly apiKey: ApiKeySource;
  /** Who promises: the shop by its rules, or its people. */
  readonly decide: 'auto' | 'by-hand';
  /** Whether an empty catalogue is filled with demo goods. */
  readonly demoGoods: boolean;
  readonly logLevel: string;
}

/** The key for the office's API: itself, or the file that holds it, which is read again for each request. */
export type ApiKeySource = { readonly key: string } | { readonly file: string };

/** Reads the settings from the environment. Throws an error that names each setting that is wrong. */
export function parseSettings(env: NodeJS.ProcessEnv): Settings {
  // An empty variable is one that is not set.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = schema.safeParse(given);
  if (!parsed.success)
    throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
  const { data } = parsed;
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
    demoGoods: data.DEMO_GOODS === 'on',
    logLevel: data.LOG_LEVEL,
  };
}
