import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleInto, freshServers, migrateFrom, type Servers } from './servers.ts';
import { chooseMutants, type Mutant } from './choose.ts';
import { RINGS, type Ring } from './rings.ts';

/*
 * Mutation testing where the tests need servers: `node test/mutation/sample.ts RING [--count N] [--seed S] [--only TEXT]`.
 * Takes a sample of the mutants, applies one at a time in a copy of the project, and runs the tests of that file against
 * servers that run all the time. A mutant that no test notices has survived. Writes `.data/mutation-RING.json`; with `--again`
 * it tries only those that survived there, against the tests as they are now.
 */

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const TIMEOUT_MS = 180_000;
const JEST = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];

interface Judged extends Mutant {
  /** `invalid`: it could not even be packed or migrated, which says nothing about the tests. */
  readonly status: 'killed' | 'timeout' | 'survived' | 'invalid';
  readonly seconds: number;
}

async function main(): Promise<void> {
  const { ring, count, seed, only, again } = argumentsOf(process.argv.slice(2));
  const results = join(PROJECT, '.data', `mutation-${ring.name}.json`);
  const copy = copyOfProject();
  const servers = freshServers(join(mkdtempSync(join(tmpdir(), 'countersign-mutation-')), 'run'));
  const before: Judged[] = again ? judgedIn(results) : [];
  const judged = before.filter(({ status }) => status !== 'survived');
  try {
    const files = ring.files(copy).filter((file) => file.includes(only));
    const survived = before.filter(({ status }) => status === 'survived');
    const mutants = again
      ? chooseMutants(copy, files, { count: Infinity, seed }).filter((mutant) => survived.some(isSame(mutant)))
      : chooseMutants(copy, files, { count, seed });
    console.log(`${mutants.length} mutants of ${files.length} files`);
    await expectGreen(copy, servers, ring);
    let ended = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (ended = true));
    for (const mutant of mutants) {
      if (ended) break;
      judged.push(await judge(copy, servers, { ring, mutant }));
      print(judged.at(-1));
      writeFileSync(results, `${JSON.stringify(judged, null, 2)}\n`);
    }
  } finally {
    await servers.stop();
    rmSync(copy, { recursive: true, force: true });
  }
  const valid = judged.filter(({ status }) => status !== 'invalid');
  const noticed = valid.filter(({ status }) => status !== 'survived').length;
  console.log(`${ring.name}: ${noticed} of ${valid.length} were noticed (seed ${seed})`);
}

function argumentsOf([name = '', ...options]: string[]) {
  const ring = RINGS.find((known) => known.name === name);
  if (!ring) throw new Error(`say which: ${RINGS.map((known) => known.name).join(', ')}`);
  const option = (flag: string, otherwise: string): string => {
    const at = options.indexOf(flag);
    return (at < 0 ? undefined : options[at + 1]) ?? otherwise;
  };
  return {
    ring,
    count: Number(option('--count', '40')),
    seed: Number(option('--seed', '1')),
    only: option('--only', ''),
    again: options.includes('--again'),
  };
}

function judgedIn(file: string): Judged[] {
  return JSON.parse(readFileSync(file, 'utf8')) as Judged[];
}

/** The same change, wherever the code around it has moved it to. */
function isSame(one: Mutant): (other: Mutant) => boolean {
  const { file, mutator, original, replacement } = one;
  return (other) =>
    file === other.file &&
    mutator === other.mutator &&
    original === other.original &&
    replacement === other.replacement &&
    Math.abs(one.line - other.line) < 20;
}

/** Everything but what is installed or was made by a run; the packages are linked. */
function copyOfProject(): string {
  const copy = join(PROJECT, '.data', `mutation-${process.pid}`);
  mkdirSync(copy, { recursive: true });
  const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: PROJECT,
    encoding: 'utf8',
  });
  for (const file of tracked.split('\0').filter(Boolean))
    cpSync(join(PROJECT, file), join(copy, file), { force: true });
  for (const folder of ['node_modules', '.tools', 'test/mutation/node_modules'])
    symlinkSync(join(PROJECT, folder), join(copy, folder));
  return copy;
}

async function expectGreen(copy: string, servers: Servers, ring: Ring): Promise<void> {
  const failed: string[] = [];
  await servers.ready();
  await isMade(copy, servers, ring);
  for (const tests of new Set(ring.files(copy).flatMap((file) => ring.testsOf(file))))
    if ((await run(copy, servers, [tests])) !== 'survived') failed.push(tests);
  if (failed.length > 0) throw new Error(`not green without a mutant: ${failed.join(', ')}`);
}

async function judge(
  copy: string,
  servers: Servers,
  { ring, mutant }: { ring: Ring; mutant: Mutant },
): Promise<Judged> {
  const began = Date.now();
  const file = join(copy, mutant.file);
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, before.slice(0, mutant.from) + mutant.replacement + before.slice(mutant.to));
  try {
    if (!(await isMade(copy, servers, ring))) return result('invalid');
    for (const tests of ring.testsOf(mutant.file)) {
      const status = await run(copy, servers, [tests]);
      if (status !== 'survived') return result(status);
    }
    return result('survived');
  } finally {
    writeFileSync(file, before);
  }
  function result(status: Judged['status']): Judged {
    return { ...mutant, status, seconds: Math.round((Date.now() - began) / 1000) };
  }
}

/** Makes of the code what the tests use instead of it; `false` when that fails. */
async function isMade(copy: string, servers: Servers, { made }: Ring): Promise<boolean> {
  if (made === 'workflow-bundle') return bundleInto(servers.folder, copy);
  return made === 'database' ? migrateFrom(copy) : true;
}

/** Runs tests, and says what became of the mutant. */
async function run(copy: string, servers: Servers, tests: readonly string[]): Promise<Judged['status']> {
  await servers.ready();
  const args = [
    ...JEST,
    '--config',
    'test/mutation/sample.jest.config.js',
    '--bail',
    '--silent',
    '--maxWorkers=1',
    ...tests,
  ];
  const env = { ...process.env, COUNTERSIGN_TEST_RUN: servers.folder };
  const jest = spawn(process.execPath, args, { cwd: copy, env, stdio: 'ignore', detached: true });
  const ended = new Promise<number | null>((resolve) => jest.once('exit', resolve));
  const timer = setTimeout(() => jest.pid !== undefined && process.kill(-jest.pid, 'SIGKILL'), TIMEOUT_MS);
  const code = await ended;
  clearTimeout(timer);
  if (code === null) return 'timeout';
  return code === 0 ? 'survived' : 'killed';
}

function print(judged: Judged | undefined): void {
  if (!judged) return;
  const { status, file, line, original, replacement, mutator, seconds } = judged;
  const short = (text: string) => text.replaceAll(/\s+/g, ' ').slice(0, 100);
  console.log(`${status} ${file}:${line} ${mutator} (${seconds} s)\n  - ${short(original)}\n  + ${short(replacement)}`);
}

await main();
