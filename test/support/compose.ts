import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ROOT } from './arrows.ts';
import { runFolder } from './run.ts';

/* docker-compose.yml as `docker compose` itself reads it, beside the `.env` and the secrets that `npm run secrets` makes. */

export const FILE = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
export const OWN_TEMPORAL = 'deploy/compose/own-temporal.yml';
export const OWN_DATABASE = 'deploy/compose/own-database.yml';

/** The variables that only the operator knows. */
export const NEEDED = { TOKEN_JWKS_URL: 'https://id.example/jwks', TOKEN_ISSUER: 'https://id.example' };

const PARSER = globSync(join(ROOT, '.tools/venv/lib/python3*/site-packages/compose/docker-compose'))[0] ?? 'missing';

/** Without what is handed on only where `.env` has it, and it has not. */
const environment = z
  .record(z.string(), z.string().nullable())
  .transform((given) =>
    Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value === null ? [] : [[name, value]]))),
  );

const limits = z.object({ cpus: z.number().optional(), memory: z.string().optional() });
const service = z.object({
  image: z.string(),
  build: z.object({ target: z.string() }).optional(),
  command: z.array(z.string()).nullish(),
  environment: environment.optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
  container_name: z.string().optional(),
  deploy: z.object({ replicas: z.number().optional(), resources: z.object({ limits }).optional() }).optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  restart: z.string().optional(),
  stop_grace_period: z.string().optional(),
  logging: z.object({ driver: z.string(), options: z.record(z.string(), z.string()) }).optional(),
  ports: z
    .array(z.object({ target: z.number(), published: z.string().optional(), host_ip: z.string().optional() }))
    .optional(),
  volumes: z
    .array(z.object({ type: z.string(), source: z.string(), target: z.string(), read_only: z.boolean().optional() }))
    .optional(),
  secrets: z.array(z.object({ source: z.string() })).nullish(),
  networks: z.record(z.string(), z.unknown()).nullish(),
  profiles: z.array(z.string()).optional(),
});
const project = z.object({
  services: z.record(z.string(), service),
  secrets: z
    .record(z.string(), z.object({ file: z.string().optional(), environment: z.string().optional() }))
    .optional(),
});

type Project = z.infer<typeof project>;
export type Service = z.infer<typeof service>;
export type Services = Record<string, Service>;

/** How a Compose project is read: its variables, profiles, and the files beside `docker-compose.yml`. */
export interface Reading {
  readonly env?: Record<string, string>;
  readonly profiles?: readonly string[];
  readonly overrides?: readonly string[];
}

export interface Compose {
  /** Where `.env` and `secrets/` are. */
  readonly folder: string;
  /** Reads a text in the place of `docker-compose.yml`. */
  parse(text: string, reading?: Reading): { code: number | null; said: string; config: string };
  /** The services of the project as it is. Throws with what Compose says when it refuses it. */
  services(reading?: Reading): Services;
  /** The project's secrets: each is a file of the host, or a variable. */
  secrets(reading?: Reading): NonNullable<Project['secrets']>;
}

/** Makes the folder of an operator who has run `npm run secrets`. */
export function composeFolder(): Compose {
  const folder = mkdtempSync(join(runFolder(), 'compose-'));
  execFileSync(process.execPath, ['scripts/make-secrets.ts', folder], { cwd: ROOT });
  cpSync(join(ROOT, 'deploy'), join(folder, 'deploy'), { recursive: true });
  const parse: Compose['parse'] = (text, { env = NEEDED, profiles = [], overrides = [] } = {}) => {
    writeFileSync(join(folder, 'docker-compose.yml'), text);
    const files = ['docker-compose.yml', ...overrides].flatMap((file) => ['-f', join(folder, file)]);
    const chosen = profiles.flatMap((profile) => ['--profile', profile]);
    const { status, stderr, stdout } = spawnSync(PARSER, [...files, ...chosen, 'config', '--format', 'json'], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], ...env },
    });
    return { code: status, said: stderr, config: stdout };
  };
  const read = new Map<string, Project>();
  const projectOf = (reading?: Reading): Project => {
    const key = JSON.stringify(reading ?? {});
    const known = read.get(key) ?? readProject(reading);
    read.set(key, known);
    return known;
  };
  const readProject = (reading?: Reading): Project => {
    const { code, said, config } = parse(FILE, reading);
    if (code !== 0 || said !== '') throw new Error(said);
    return project.parse(JSON.parse(config));
  };
  return {
    folder,
    parse,
    services: (reading) => projectOf(reading).services,
    secrets: (reading) => projectOf(reading).secrets ?? {},
  };
}
