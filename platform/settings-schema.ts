import { resolve } from 'node:path';
import { z } from 'zod';
import { deskSettingsOf, deskVariables } from './settings-desk.ts';
import { payloadSettingsOf, payloadVariables } from './settings-payloads.ts';
import { siteSettingsOf, siteVariables } from './settings-sites.ts';
import { tokenIssuersOf, tokenVariables } from './settings-tokens.ts';
import { numberWithin, wholeNumber } from './settings-numbers.ts';

const port = (preset: number) => wholeNumber(preset, 1, 65_535);

/** Temporal joins the two words with a dot. */
const deploymentWord = z.string().regex(/^[\w-]{1,100}$/, 'must be 1 to 100 of A-Z a-z 0-9 _ -');

const listenAddress = z.string().regex(/^[^\s/]+:\d{1,5}$/, 'must be host:port, such as 0.0.0.0:9464');

const databaseAddress = z
  .string()
  .regex(/^postgres(ql)?:\/\/[^\s]+$/, 'must be postgres://user:password@host:port/database');

/** A load balancer that asks every second or two whether an API is ready has noticed by then that it is not. */
const DRAIN_PAUSE_MS = 5_000;

/** All that `npm start` listens on. */
const PORTS = [
  'PORT',
  'TEMPORAL_PORT',
  'TEMPORAL_UI_PORT',
  'SELLING_OFFICE_PORT',
  'DISTRIBUTING_COMPANY_PORT',
] as const;

/** What each environment variable may be, what it is when absent, and its name in the code. */
export const settingsSchema = z
  .object({
    PORT: port(3000),
    HOST: z.string().default('127.0.0.1'),
    DATA_DIR: z
      .string()
      .default('.data')
      .transform((path) => resolve(path)),
    TEMPORAL_PORT: port(7233),
    TEMPORAL_UI_PORT: port(8233),
    TEMPORAL_ADDRESS: z
      .string()
      .regex(/^[^\s/:]+:\d{1,5}$|^\[[^\]]+\]:\d{1,5}$/, 'must be host:port, such as temporal.example:7233')
      .optional(),
    TEMPORAL_NAMESPACE: z.string().default('default'),
    DATABASE_URL: databaseAddress.optional(),
    DATABASE_OWNER_URL: databaseAddress.optional(),
    DATABASE_DIRECT_URL: databaseAddress.optional(),
    DATABASE_POOL: wholeNumber(10, 3, 500),
    LOG_LEVEL: z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
    POST_WAIT_MS: wholeNumber(10_000, 100, 60_000),
    DRAIN_PAUSE_MS: numberWithin(0, 60_000).optional(),
    RATE_LIMIT_PER_MINUTE: wholeNumber(6_000, 1, 1_000_000),
    TRUSTED_PROXIES: wholeNumber(0, 0, 10),
    WEBHOOK_PRIVATE_TARGETS: z.enum(['true', 'false'], 'must be true or false').default('false'),
    CHECK_LIFETIME_DAYS: wholeNumber(30, 1, 365),
    CHECK_ISSUER: z.string().default('countersign'),
    PUBLIC_URL: z.url('must be the http(s) address at which outsiders reach the API').optional(),
    MASTER_KEY_FILE: z.string().optional(),
    ECHECK_KEYS_FILE: z.string().optional(),
    ...payloadVariables,
    ...tokenVariables,
    ...siteVariables,
    ...deskVariables,
    WORKER_DEPLOYMENT_NAME: deploymentWord.optional(),
    WORKER_BUILD_ID: deploymentWord.optional(),
    METRICS_ADDRESS: listenAddress.optional(),
    WORKER_METRICS_ADDRESS: listenAddress.optional(),
    OTEL_EXPORTER_OTLP_ENDPOINT: z.url('must be the http(s) address of a receiver of OTLP').optional(),
    OTEL_SERVICE_NAME: z.string().optional(),
    EMBEDDED: z.enum(['true', 'false'], 'must be true or false').default('false'),
  })
  .superRefine((given, context) => {
    const sameAs = (one: (typeof PORTS)[number], other: (typeof PORTS)[number]): void => {
      if (given[one] === undefined || given[one] !== given[other]) return;
      context.addIssue({ code: 'custom', path: [other], message: `must differ from ${one} (${given[one]})` });
    };
    for (const [at, one] of PORTS.entries()) for (const other of PORTS.slice(at + 1)) sameAs(one, other);
    const beside = (name: 'DATABASE_DIRECT_URL' | 'DATABASE_OWNER_URL', message: string): void => {
      if (given[name] === undefined || given.DATABASE_URL !== undefined) return;
      context.addIssue({ code: 'custom', path: [name], message: `is set without DATABASE_URL: ${message}` });
    };
    beside('DATABASE_DIRECT_URL', 'it names the same database, past its pooler');
    beside('DATABASE_OWNER_URL', 'it names the same database, as its owner');
    if ((given.WORKER_DEPLOYMENT_NAME === undefined) !== (given.WORKER_BUILD_ID === undefined)) {
      const missing = given.WORKER_BUILD_ID === undefined ? 'WORKER_BUILD_ID' : 'WORKER_DEPLOYMENT_NAME';
      context.addIssue({ code: 'custom', path: [missing], message: 'is missing: set both or neither' });
    }
  })
  .transform((given, context) => {
    const complain = (variable: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [variable], message });
    const tokenIssuers = tokenIssuersOf(given, complain);
    return {
      /** The API's port. */
      port: given.PORT,
      /** The address that the API listens on. */
      host: given.HOST,
      /** Absolute path of the folder of everything that the service keeps itself. */
      dataDir: given.DATA_DIR,
      temporalPort: given.TEMPORAL_PORT,
      temporalUiPort: given.TEMPORAL_UI_PORT,
      /** Absent: a dev server is started by `npm start`; other processes take a profile of the toml file, else the default. */
      temporalAddress: given.TEMPORAL_ADDRESS,
      temporalNamespace: given.TEMPORAL_NAMESPACE,
      /** Absent: the embedded PostgreSQL. */
      databaseUrl: given.DATABASE_URL,
      /** The database as its owner, who migrates it and makes the service's login. Absent: `directUrl` or `databaseUrl` is the owner's. */
      ownerUrl: given.DATABASE_OWNER_URL,
      /** Past the transaction pooler that `databaseUrl` leads through. Absent: there is none. */
      directUrl: given.DATABASE_DIRECT_URL,
      /** Connections a process keeps at most, beside the one that listens. */
      databasePool: given.DATABASE_POOL,
      logLevel: given.LOG_LEVEL,
      /** How long `POST /v1/orders` waits for the decision before it answers 202, in milliseconds. */
      postWaitMs: given.POST_WAIT_MS,
      /** How long an API that was asked to end goes on answering while readiness says that it does, in milliseconds. */
      drainPauseMs: given.DRAIN_PAUSE_MS ?? (given.EMBEDDED === 'true' ? 0 : DRAIN_PAUSE_MS),
      rateLimitPerMinute: given.RATE_LIMIT_PER_MINUTE,
      /** How many proxies stand before the API: so many addresses of X-Forwarded-For are theirs. */
      trustedProxies: given.TRUSTED_PROXIES,
      /** Webhooks may go to private and loopback addresses, and over plain http. */
      webhookPrivateTargets: given.WEBHOOK_PRIVATE_TARGETS === 'true',
      ...siteSettingsOf(given),
      /** How long a check is good for, in days. */
      checkLifetimeDays: given.CHECK_LIFETIME_DAYS,
      checkIssuer: given.CHECK_ISSUER,
      /** Where outsiders reach the API: checks then name the address of their status list. Absent: a URN of the issuer. */
      publicUrl: given.PUBLIC_URL,
      /** Absent: the key lies in `dataDir/keys`, made on first use. */
      masterKeyFile: given.MASTER_KEY_FILE,
      echeckKeysFile: given.ECHECK_KEYS_FILE,
      ...payloadSettingsOf(given),
      /** Who issues access tokens; none in embedded mode, which has an issuer of its own. */
      tokenIssuers,
      /** How people sign in at the desks. */
      desk: deskSettingsOf(
        given,
        tokenIssuers.map(({ issuer }) => issuer),
        complain,
      ),
      /** Where operators reach the Temporal UI, without a slash at the end; absent: nobody is sent there. */
      temporalUiUrl: given.TEMPORAL_UI_URL,
      /** The worker deployment's version, for rolling upgrades (docs/upgrades.md); absent: the worker is not versioned. */
      workerVersion:
        given.WORKER_DEPLOYMENT_NAME !== undefined && given.WORKER_BUILD_ID !== undefined
          ? { deploymentName: given.WORKER_DEPLOYMENT_NAME, buildId: given.WORKER_BUILD_ID }
          : undefined,
      /** Where the API shows its metrics to Prometheus, and nowhere else; absent: beside everything else, at `/metrics`. */
      metricsAddress: given.METRICS_ADDRESS,
      /** Where the worker shows its metrics to Prometheus; absent: nowhere. */
      workerMetricsAddress: given.WORKER_METRICS_ADDRESS,
      /** Where traces go; absent: there are none. */
      otlpEndpoint: given.OTEL_EXPORTER_OTLP_ENDPOINT,
      otelServiceName: given.OTEL_SERVICE_NAME,
      /** Set by `npm start` for its children: demo parties and their tokens. */
      embedded: given.EMBEDDED === 'true',
    };
  });
