import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { runFolder } from '../support/run.ts';
import { PROJECT } from './support.ts';
import { until } from '../support/until.ts';

/** Vite, as far as the set-up sees it: it builds a page, and notes that it did. */
const VITE = `const fs = require('node:fs');
fs.mkdirSync('web/dist', { recursive: true });
fs.writeFileSync('web/dist/index.html', '');
fs.appendFileSync('builds', 'built ');`;
/** Puts it where the package is. */
const PUT_VITE = '/bin/mkdir -p node_modules/vite/bin; /bin/cp programs/vite.js node_modules/vite/bin/vite.js';

let clone: string;
let programs: string;
beforeEach(() => {
  clone = mkdtempSync(join(runFolder(), 'clone-'));
  programs = join(clone, 'programs');
  mkdirSync(programs);
  for (const name of ['package.json', 'package-lock.json', 'scripts/setup.mjs', 'scripts/setup']) {
    cpSync(join(PROJECT, name), join(clone, name), { recursive: true });
  }
  for (const [file, content] of [
    ['web/index.html', '<!doctype html>'],
    ['client/index.ts', 'export {};'],
    ['programs/vite.js', VITE],
  ] as const) {
    mkdirSync(join(clone, file, '..'), { recursive: true });
    writeFileSync(join(clone, file), content);
  }
});
afterEach(() => rmSync(clone, { recursive: true }));

/** The set-up of a clone, on a machine that has the programs of `programs` alone. */
function setUp(purpose: string, env: Record<string, string> = {}): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/setup.mjs', purpose], {
    cwd: clone,
    encoding: 'utf8',
    env: { PATH: programs, ...env },
  });
  return { code: status, said: stdout + stderr };
}

/** A program that notes its arguments in `calls`, and then does `action`. */
function program(name: string, action: string): void {
  writeFileSync(join(programs, name), `#!/bin/sh\necho "${name} $*" >> ${clone}/calls\n${action}\n`);
  chmodSync(join(programs, name), 0o755);
}

function calls(): string[] {
  return existsSync(join(clone, 'calls')) ? readFileSync(join(clone, 'calls'), 'utf8').trim().split('\n') : [];
}

/** npm, as far as the set-up sees it. */
function npmThatInstalls(): void {
  program(
    'npm',
    `/bin/mkdir -p node_modules/.bin; ${PUT_VITE}; echo > node_modules/.package-lock.json; echo > node_modules/.bin/node`,
  );
}

describe('the set-up', () => {
  test('installs the packages once, and again when the lock file names others', () => {
    npmThatInstalls();
    const elsewhere = { TEMPORAL_ADDRESS: 'temporal.example:7233' };
    expect(setUp('run', elsewhere)).toMatchObject({
      code: 0,
      said: expect.stringContaining('installing npm packages'),
    });
    expect(setUp('run', elsewhere)).toEqual({ code: 0, said: '' });
    expect(calls()).toHaveLength(1);
    const lock = join(clone, 'package-lock.json');
    writeFileSync(lock, readFileSync(lock, 'utf8').replace('"lockfileVersion"', ' "lockfileVersion"'));
    expect(setUp('run', elsewhere).code).toBe(0);
    expect(calls()).toHaveLength(2);
  });

  test('leaves the lock file as it was, whatever npm does to it', () => {
    const lock = readFileSync(join(clone, 'package-lock.json'), 'utf8');
    npmThatInstalls();
    writeFileSync(
      join(programs, 'npm'),
      `${readFileSync(join(programs, 'npm'), 'utf8')}echo changed > package-lock.json\n`,
    );
    expect(setUp('run', { TEMPORAL_ADDRESS: 'temporal.example:7233' }).code).toBe(0);
    expect(readFileSync(join(clone, 'package-lock.json'), 'utf8')).toBe(lock);
  });

  test.each([
    ['npm is missing', () => {}, /^setup: installing npm packages .* failed: spawn npm ENOENT — check the network/m],
    [
      'the registry cannot be reached',
      () => program('npm', 'echo "npm error network request failed" >&2; exit 1'),
      /^setup: installing npm packages .* failed: npm error network request failed — check the network and `npm config get registry`/m,
    ],
  ])('says in one line what to do when %s', (_what, arrange, line) => {
    arrange();
    const { code, said } = setUp('run');
    expect(code).toBe(1);
    expect(said).toMatch(line);
    expect(said).not.toMatch(/^ +at /m);
  });

  test('takes a new enough `temporal` from PATH, and asks it only once', () => {
    npmThatInstalls();
    program('temporal', 'echo "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)"');
    expect(setUp('run').code).toBe(0);
    expect(setUp('run')).toEqual({ code: 0, said: '' });
    expect(calls().filter((call) => call.startsWith('temporal'))).toEqual(['temporal --version']);
  });

  test('passes over an old one, and says what to do when there is no Python for a new one', () => {
    npmThatInstalls();
    program('temporal', 'echo "temporal version 1.0.0 (Server 1.24.0, UI 2.27.1)"');
    const { code, said } = setUp('run');
    expect(code).toBe(1);
    expect(said).toMatch(/Python environment .* failed: spawn python3 ENOENT — install python3 with its venv module/);
    expect(said).toMatch(/set TEMPORAL_ADDRESS to a server of yours, or put `temporal` on PATH/);
  });
});

describe('the desks', () => {
  const elsewhere = { TEMPORAL_ADDRESS: 'temporal.example:7233' };
  const builds = (): number => readFileSync(join(clone, 'builds'), 'utf8').trim().split(' ').length;

  test('are built once, and again when what they are made of has changed, or they are gone', () => {
    npmThatInstalls();
    expect(setUp('run', elsewhere).said).toContain('building the desks: done');
    expect(setUp('run', elsewhere)).toEqual({ code: 0, said: '' });
    writeFileSync(join(clone, 'client/index.ts'), 'export const changed = true;');
    expect(setUp('run', elsewhere).said).toContain('building the desks: done');
    rmSync(join(clone, 'web/dist'), { recursive: true });
    expect(setUp('run', elsewhere).said).toContain('building the desks: done');
    expect(builds()).toBe(3);
  });
});

describe('the browser of the tests', () => {
  /** Whatever else the tests need is there. */
  beforeEach(() => {
    npmThatInstalls();
    program('promtool', 'true');
    const bin = join(clone, '.tools/venv/bin');
    mkdirSync(bin, { recursive: true });
    for (const name of ['python3', 'temporal', 'temporal-test-server']) {
      writeFileSync(join(bin, name), '');
      chmodSync(join(bin, name), 0o755);
    }
    const wheels = readdirSync(join(clone, 'scripts/setup')).flatMap((name) => {
      const source = readFileSync(join(clone, 'scripts/setup', name), 'utf8');
      return [...source.matchAll(/'([\w[\]-]+==[\d.]+)'/g)].map(([, wheel]) => wheel);
    });
    writeFileSync(join(clone, '.tools/setup.json'), JSON.stringify({ wheels }));
  });

  const asRoot = process.getuid?.() === 0 ? describe : describe.skip;
  asRoot('for root', () => {
    test('is installed by apt-get, once', () => {
      program(
        'apt-get',
        `[ "$3" = update ] || echo > ${programs}/chromium; /bin/chmod -f 755 ${programs}/chromium; true`,
      );
      program('env', 'shift; exec "$@"');
      expect(setUp('test')).toMatchObject({ code: 0, said: expect.stringContaining('installing Chromium: done') });
      expect(setUp('test')).toEqual({ code: 0, said: '' });
      expect(calls().filter((call) => call.startsWith('apt-get'))).toEqual([
        'apt-get --quiet --yes update',
        'apt-get --quiet --yes install --no-install-recommends chromium',
      ]);
    });
  });

  test.each([
    ['CHROMIUM names no program', { CHROMIUM: '/no/such/program' }],
    ['nobody can install one', {}],
  ])('when %s one line says what to do, and all other tests can go ahead', (_what, env) => {
    const { code, said } = setUp('test', env);
    expect(code).toBe(0);
    expect(said).toMatch(
      /^setup: no Chromium, so the tests of the desks will fail: install Chromium \(Debian: apt-get install chromium\), or set CHROMIUM/m,
    );
  });
});

describe('two set-ups of one clone at once', () => {
  const elsewhere = { TEMPORAL_ADDRESS: 'temporal.example:7233' };

  /** npm goes on when it is told to, and would be broken by a second one. */
  const letGo = (): void => writeFileSync(join(clone, 'go'), '');
  function slowNpm(): void {
    const install = `mkdir node_modules || exit 1; while [ ! -e ${clone}/go ]; do sleep 0.1; done; mkdir node_modules/.bin; ${PUT_VITE}; echo > node_modules/.bin/node`;
    program('npm', `export PATH=/bin:/usr/bin; ${install}; echo > node_modules/.package-lock.json`);
  }

  function begin(): { child: ChildProcess; said: () => string; code: Promise<number | null> } {
    const env = { PATH: programs, ...elsewhere };
    const child = spawn(process.execPath, ['scripts/setup.mjs', 'run'], { cwd: clone, env });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += String(chunk)));
    return { child, said: () => text, code: once(child, 'close').then(() => child.exitCode) };
  }

  const npmRuns = (): Promise<unknown> => until(() => calls().length > 0);

  test('one works, the others say that they wait, and find all done', async () => {
    slowNpm();
    const first = begin();
    await npmRuns();
    const others = [begin(), begin(), begin()];
    await until(() => others.every(({ said }) => said() !== ''));
    letGo();
    expect(await Promise.all([first, ...others].map(({ code }) => code))).toEqual([0, 0, 0, 0]);
    const waiting = (process: number | undefined) =>
      `setup: another set-up (process ${process}) is at work in this folder: waiting for it`;
    const processes = [first, ...others].map(({ child }) => child.pid);
    for (const { said } of others) {
      const [now, ...later] = said().trimEnd().split('\n');
      expect(now).toBe(waiting(first.child.pid));
      // Said again while it lasts: by then one of the others may be at work.
      for (const line of later) expect(processes.map(waiting)).toContain(line);
    }
    expect(calls()).toHaveLength(1);
    expect(existsSync(join(clone, '.tools/setup.lock'))).toBe(false);
  });

  test('a killed one is waited for until the npm that it left has ended', async () => {
    slowNpm();
    const killed = begin();
    await npmRuns();
    // npm says that it runs a moment before it stands in the lock.
    const holders = () => readFileSync(join(clone, '.tools/setup.lock'), 'utf8').split('"pid"').length - 1;
    await until(
      () => holders(),
      (count) => count === 2,
    );
    killed.child.kill('SIGKILL');
    await killed.code;
    const next = begin();
    await until(() => next.said() !== '');
    letGo();
    expect(await next.code).toBe(0);
    expect(next.said()).toContain('waiting for it');
    expect(calls()).toHaveLength(1);
  });

  test('the lock of one that is long gone, or no lock at all, stops nobody', () => {
    npmThatInstalls();
    mkdirSync(join(clone, '.tools'));
    const lock = join(clone, '.tools/setup.lock');
    for (const content of ['nonsense', JSON.stringify({ holders: [{ pid: process.pid, identity: 'another' }] })]) {
      writeFileSync(lock, content);
      expect(setUp('run', elsewhere).code).toBe(0);
      expect(existsSync(lock)).toBe(false);
    }
  });
});
