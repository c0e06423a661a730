import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { announce, announced } from '../support/run.ts';
import {
  databaseUrl,
  NAMESPACES,
  startTestServers,
  stopTestServers,
  TEMPLATE,
  type TestPostgres,
} from '../support/servers.ts';

/** The servers of a test run, kept for many runs of jest. */
export interface Servers {
  readonly folder: string;
  /** Waits until they are up. Throws when too few namespaces are left for another run: a namespace is used once. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts them in a folder of their own, which is removed at the end. */
export function freshServers(folder: string): Servers {
  mkdirSync(folder, { recursive: true });
  for (const each of [dirname(folder), folder]) chmodSync(each, 0o755);
  process.env['COUNTERSIGN_TEST_RUN'] = folder;
  startTestServers(folder);
  return {
    folder,
    async ready() {
      await Promise.all(['postgres', 'temporal', 'workflow-bundle'].map(announced));
      const taken = readdirSync(folder).filter((name) => name.endsWith('.taken')).length;
      if (taken > NAMESPACES.length - 4) throw new Error('the namespaces are used up: take a smaller sample');
    },
    async stop() {
      await stopTestServers();
      rmSync(dirname(folder), { recursive: true, force: true });
    },
  };
}

const BUNDLE = `
  import { writeFileSync } from 'node:fs';
  const { bundleWorkflows } = await import('./workers/workflow-bundle.ts');
  writeFileSync(process.env.CODE_PATH, (await bundleWorkflows()).code);`;

let count = 0;

/** Packs the workflows of a project for the runs to come; `false` when they cannot be packed. */
export async function bundleInto(folder: string, project: string): Promise<boolean> {
  count += 1;
  const codePath = join(folder, `bundle-${count}.cjs`);
  if (!(await isRun(BUNDLE, project, { CODE_PATH: codePath }))) return false;
  announce(folder, 'workflow-bundle', { ready: { codePath } });
  return true;
}

const MIGRATE = `
  const { migrate } = await import('./platform/migrate.ts');
  await migrate(process.env.TEMPLATE_URL);`;

/** Makes the database that every test clones anew, by a project's own migrations; `false` when they fail. */
export async function migrateFrom(project: string): Promise<boolean> {
  const { url } = await announced<TestPostgres>('postgres');
  const owner = new Client({ connectionString: url });
  await owner.connect();
  await owner.query(`drop database if exists ${TEMPLATE} with (force)`);
  await owner.query(`create database ${TEMPLATE}`);
  await owner.end();
  return isRun(MIGRATE, project, { TEMPLATE_URL: databaseUrl(url, TEMPLATE) });
}

async function isRun(code: string, cwd: string, variables: Readonly<Record<string, string>>): Promise<boolean> {
  const env = { ...process.env, ...variables };
  try {
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { cwd, env });
    return true;
  } catch {
    return false;
  }
}
