import { readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, matchesGlob } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { parseServiceSettings } from '../../platform/settings.ts';
import { readImports, sourceFiles } from '../support/arrows.ts';
import { composeFolder, type Compose } from '../support/compose.ts';
import { blocksOf, inlineCommandsOf } from './pages.ts';
import { PROJECT } from './support.ts';

/* `docker compose run --rm tools …` runs every command of these pages: the image has what they need, and the service the settings. */
const PAGES = ['docs/operations.md', 'docs/upgrades.md'];

let compose: Compose;
beforeAll(() => {
  compose = composeFolder();
});
afterAll(() => rmSync(compose.folder, { recursive: true }));

const read = (file: string): string => readFileSync(join(PROJECT, file), 'utf8');

const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));

/** The programs of the pages' commands, by what they are called as. */
const PROGRAM = /(?:^|\s)(npm run (?:--\S+ )*[\w:]+|npx \w+|node \S+|temporal \w+|docker compose|kill|export|sleep)\b/;

const commands = PAGES.flatMap((page) => [
  ...blocksOf(page).flatMap(({ text }) =>
    text
      .replaceAll('\\\n', ' ')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#')),
  ),
  ...inlineCommandsOf(page),
]);

/** The main files of what runs as one of ours. */
const mains = [
  ...new Set(
    commands.flatMap((command) => {
      const [, name] = /npm run (?:--\S+ )*([\w:]+)/.exec(command) ?? [];
      if (name !== undefined) return mainOf(scripts[name] ?? `script ${name} is missing`);
      return command.includes('npx countersign') ? mainOf(scripts['ops'] ?? '') : [];
    }),
  ),
];

function mainOf(script: string): string {
  return /node (\S+\.m?[jt]s)/.exec(script)?.[1] ?? script;
}

/** What .dockerignore lets through, by Docker's rule: the last pattern that fits decides. */
function isInImage(file: string): boolean {
  const patterns = read('.dockerignore')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const deciding = patterns.findLast((pattern) => {
    const path = pattern.replace(/^!/, '');
    return path === '**' || matchesGlob(file, path) || matchesGlob(file, `${path}/**`);
  });
  return deciding?.startsWith('!') ?? true;
}

/** The files that these load, at once or on demand. */
function loadedBy(first: readonly string[]): Set<string> {
  const imports = Map.groupBy(readImports(), ({ from }) => from);
  const files = new Set(sourceFiles());
  const found = new Set<string>();
  const next = [...first];
  for (let file = next.pop(); file !== undefined; file = next.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    // A file may also be named as `new URL('./main.ts', import.meta.url)`.
    const urls = [...read(file).matchAll(/new URL\('([^']+)', import\.meta\.url\)/g)].map(([, url = '']) =>
      join(file, '..', url),
    );
    const values = (imports.get(file) ?? []).filter(({ typesOnly }) => !typesOnly).map(({ to }) => to);
    next.push(...[...urls, ...values].filter((one) => files.has(one)));
  }
  return found;
}

const PACKAGE = /^(?:import|export)\s+(?!type\b)(?:[^;']*?\sfrom\s+)?'([^.'][^']*)'|\bimport\('([^.'][^']*)'\)/gm;

function packagesOf(file: string): string[] {
  const named = [...read(file).matchAll(PACKAGE)].map(([, at = '', later = '']) => at || later);
  return named
    .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))
    .map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    );
}

const lock = z
  .object({ packages: z.record(z.string(), z.object({ dev: z.boolean().default(false) })) })
  .parse(JSON.parse(read('package-lock.json')));

const SERVICE = [
  'api/main.ts',
  'workers/main.ts',
  'scripts/migrate.ts',
  'scripts/prepare-sites.ts',
  'scripts/make-secrets.ts',
  'sites/selling-office/main.ts',
  'sites/distributing-company/main.ts',
];

describe('the image', () => {
  test('every command of the pages is one that the operators have there', () => {
    expect(commands.length).toBeGreaterThan(20);
    expect(commands.filter((command) => !PROGRAM.test(` ${command}`))).toEqual([]);
    expect(mains).toContain('cli/countersign.mjs');
  });

  test('has every file that they and the containers load', () => {
    const loaded = loadedBy([...mains, ...SERVICE]);
    expect(loaded.size).toBeGreaterThan(300);
    expect([...loaded].filter((file) => !isInImage(file))).toEqual([]);
    for (const file of ['package.json', 'deploy/env.example', 'web/index.html']) expect(isInImage(file)).toBe(true);
  });

  test.each([
    '.env',
    'secrets/keys/master-key.json',
    '.data/keys',
    'test/support/run.ts',
    'deploy/monitoring/prometheus.yml',
    '.git/config',
  ])('has no %s', (file) => {
    expect(isInImage(file)).toBe(false);
  });

  test('has every package that they load, though it is installed without those for development', () => {
    expect(read('Dockerfile')).toContain('npm install --omit=dev');
    const wanted = new Set([...loadedBy([...mains, ...SERVICE])].flatMap(packagesOf));
    expect(wanted.size).toBeGreaterThan(20);
    expect([...wanted].filter((name) => lock.packages[`node_modules/${name}`]?.dev ?? true)).toEqual([]);
  });

  test("of the operators has Temporal's own program, of the server's release, which is the drill's, and a place for npm to write", () => {
    const [, release] = /image: (temporalio\/admin-tools:\S+)/.exec(read('docker-compose.yml')) ?? [];
    const [, tried = ''] = /VERSION = '([\d.]+)'/.exec(read('bench/drill/temporal-programs.ts')) ?? [];
    expect(release).toBe(`temporalio/admin-tools:${tried}`);
    expect(read('docker-compose.yml')).toContain(`image: temporalio/server:${tried}\n`);
    const dockerfile = read('Dockerfile');
    expect(dockerfile).toContain(`FROM ${release} AS temporal`);
    const [, tools = ''] = /FROM service AS tools\n([\s\S]*?)\nFROM/.exec(dockerfile) ?? [];
    expect(tools).toContain('COPY --from=temporal /usr/local/bin/temporal /usr/local/bin/temporal');
    expect(tools).toContain('npm_config_cache=/tmp/');
  });

  test('none of those commands sets anything up first: the file system is read-only', () => {
    const named = commands.flatMap((command) => /npm run (?:--\S+ )*([\w:]+)/.exec(command)?.[1] ?? []);
    expect(named.filter((name) => `pre${name}` in scripts)).toEqual([]);
  });
});

describe('the service `tools`', () => {
  test('has what the commands need, and no more rights than API and worker', () => {
    const { tools, worker, migrations } = compose.services({ profiles: ['tools'] });
    const environment = tools?.environment ?? {};
    expect(parseServiceSettings(environment)).toMatchObject({
      databaseUrl: worker?.environment?.['DATABASE_URL'],
      temporalAddress: 'temporal:7233',
      temporalNamespace: migrations?.environment?.['TEMPORAL_NAMESPACE'],
      masterKeyFile: '/run/keys/master-key.json',
      echeckKeysFile: '/run/keys/echeck-keys.json',
    });
    expect(tools?.volumes).toEqual(worker?.volumes);
    // `ops restore` bundles the workflows.
    expect(tools?.deploy?.resources?.limits?.memory).toBe(worker?.deploy?.resources?.limits?.memory);
    expect(Object.keys(environment)).not.toContain('DATABASE_OWNER_URL');
    expect(tools).toMatchObject({ build: { target: 'tools' }, read_only: true, cap_drop: ['ALL'] });
  });

  test('starts nothing else, so that it can look at what is down', () => {
    const { tools } = compose.services({ profiles: ['tools'] });
    expect([tools?.depends_on ?? {}, tools?.profiles]).toEqual([{}, ['tools']]);
  });
});
