import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { testApi, workerFor, type TestApi } from '../api/support.ts';
import type { RunningWorker } from '../support/worker.ts';

/* The client as others have it: packed, installed into an empty folder, compiled against, run against a real API. */

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const packageJson = z.looseObject({
  version: z.string(),
  exports: z.record(z.string(), z.string()),
  dependencies: z.record(z.string(), z.string()),
  peerDependencies: z.record(z.string(), z.string()),
  peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.literal(true) })),
});
const readPackage = async (...path: string[]) =>
  packageJson.parse(JSON.parse(await readFile(join(...path, 'package.json'), 'utf8')));

let folder: string;
let api: TestApi;
let worker: RunningWorker;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-consumer-'));
  const [opened] = await Promise.all([testApi(), install()]);
  api = opened;
  worker = await workerFor(api);
});
afterAll(async () => {
  await worker.stop();
  await api.close();
  await rm(folder, { recursive: true });
});

/** Without any network: the packages that it depends on are those of this repository. */
async function install(): Promise<void> {
  const npm = (args: string[], cwd: string) => run('npm', [...args, '--silent'], { cwd, env: withoutNpm() });
  await npm(['pack', '--pack-destination', folder], join(root, 'client'));
  const [packed = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
  const dependencies = ['jose', 'openapi-fetch', 'openapi-typescript-helpers'];
  const own = dependencies.map((name) => [name, `file:${join(root, 'node_modules', name)}`]);
  const consumer = {
    private: true,
    type: 'module',
    dependencies: { 'countersign-client': `file:${packed}`, ...Object.fromEntries(own) },
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(consumer));
  await cp(join(root, 'test/scripts/client-package/consumer.ts'), join(folder, 'consumer.ts'));
  await npm(['install', '--offline', '--install-links', '--no-audit', '--no-fund'], folder);
}

/** The environment of somebody who has not come here by npm. */
function withoutNpm(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_OPTIONS$/i.test(name)));
}

const node = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  run(process.execPath, args, { cwd: folder, env: { ...withoutNpm(), ...env } });

describe('the packed client', () => {
  test('is typed for a strict consumer, declarations included', async () => {
    const compilerOptions = {
      target: 'es2023',
      module: 'nodenext',
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      typeRoots: [join(root, 'node_modules/@types')],
      types: ['node'],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = await node([compiler, '--pretty', 'false']).catch((error: { stdout: string }) => error);
    expect(stdout).toBe('');
  });

  test('orders, verifies the check, looks its fate up, presents it, and makes a site', async () => {
    const token = await api.issuer.issue({ id: 'buyer-ada', role: 'buyer' });
    const { stdout } = await node(['consumer.ts'], {
      BASE_URL: api.url,
      ISSUER: api.deps.signing.issuer,
      TOKEN: token,
    });
    expect(JSON.parse(stdout)).toEqual({
      valid: true,
      said: { amount: 430, currency: 'EUR' },
      fate: 'open',
      presented: 200,
      missing: 'undefined',
      keys: 200,
    });
  });

  test('has every entry that it names, of which two alone ask for more', async () => {
    const { exports, peerDependencies, peerDependenciesMeta } = await readPackage(root, 'client');
    const entries = Object.keys(exports).filter((entry) => !entry.endsWith('.json'));
    const load = `const failed = {};
      for (const entry of ${JSON.stringify(entries)}) await import('countersign-client' + entry.slice(1)).catch(({ message }) => (failed[entry] = message));
      console.log(JSON.stringify(failed));`;
    const { stdout } = await node(['--input-type=module', '--eval', load]);
    expect(JSON.parse(stdout)).toEqual({
      './site-database': expect.stringContaining("Cannot find package '@mikro-orm/migrations'"),
      './site-settings': expect.stringContaining("Cannot find package 'zod'"),
    });
    expect(Object.keys(peerDependenciesMeta)).toEqual(Object.keys(peerDependencies));
  });

  test('holds no sources, no generator and no other surprise', async () => {
    const installed = join(folder, 'node_modules/countersign-client');
    expect((await readdir(installed)).toSorted()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
    const built = await readdir(join(installed, 'dist'));
    expect(built.filter((name) => !/\.(js|d\.ts)$/.test(name))).toEqual([]);
    const license = await readFile(join(installed, 'LICENSE'), 'utf8');
    expect(license).toBe(await readFile(join(root, 'LICENSE'), 'utf8'));
  });

  test('has the version of the service and the packages that the service is tested with', async () => {
    const [own, service] = await Promise.all([
      readPackage(root, 'client'),
      readFile(join(root, 'package.json'), 'utf8'),
    ]);
    const { version, dependencies } = JSON.parse(service) as typeof own;
    expect(own.version).toBe(version);
    expect(dependencies).toMatchObject(own.dependencies);
  });
});
