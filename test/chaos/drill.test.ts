import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { keepPart, keepParts, type KeptPart } from '../../bench/chaos/parts.ts';
import { FATES, planLoad } from '../../bench/chaos/plan.ts';
import { opsWith } from '../../bench/drill/ops.ts';
import { killAndReplace } from '../../bench/drill/phase.ts';
import { printDrill } from '../../bench/drill/report.ts';
import { temporalPrograms } from '../../bench/drill/temporal-programs.ts';
import { until } from '../support/until.ts';

// The drill itself takes minutes and a server that is built from its sources: `npm run drill`. Here is what it is made of.

describe('the load of a drill', () => {
  test('is the same for the same seed, at a steady rate, and mixes all endings', () => {
    const orders = planLoad(7, { orders: 300, everyMs: 250 });
    expect(planLoad(7, { orders: 300, everyMs: 250 })).toEqual(orders);
    expect(orders.map(({ startAtMs }) => startAtMs)).toEqual(orders.map((_, index) => index * 250));
    expect(new Set(orders.map(({ fate }) => fate))).toEqual(new Set(FATES));
    for (const wanted of ['race', 'atSites'] as const)
      expect(orders.filter((order) => order[wanted]).length).toBeGreaterThan(10);
    expect(orders.filter(({ race, atSites }) => race && atSites)).toEqual([]);
  });
});

const sleeper = (): Promise<ChildProcess> =>
  Promise.resolve(spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']));

describe('a part that is kept', () => {
  let part: KeptPart<string> | undefined;
  afterEach(() => part?.stop());

  const starts = () => Promise.resolve(part?.starts ?? 0);

  test('is replaced when it is killed, and stays down while it is paused', async () => {
    part = await keepPart('sleeper', sleeper);
    const first = part.pid;
    part.kill(0);
    await until(starts, (count) => count === 2, { what: 'its second start' });
    expect(part.pid).not.toBe(first);
    await part.pause();
    expect(() => process.kill(part?.pid ?? 0, 0)).toThrow('ESRCH');
    expect(part.starts).toBe(2);
    part.resume();
    await until(starts, (count) => count === 3, { what: 'its third start' });
  });

  test('that does not come up again is named, and not waited for without end', async () => {
    const children = [await sleeper()];
    part = await keepPart('sleeper', () => {
      const next = children.pop();
      return next ? Promise.resolve(next) : Promise.reject(new Error('no more of them'));
    });
    await expect(killAndReplace(part, 0)).rejects.toThrow('sleeper was killed, and has not come up again');
  });
});

test('a run that is stopped while a part comes up leaves none behind, and starts none any more', async () => {
  const { keep, parts, stop } = keepParts<string>();
  await keep('first', sleeper);
  const gate = Promise.withResolvers<void>();
  const second = keep('second', () => gate.promise.then(sleeper));
  const stopped = stop();
  gate.resolve();
  await Promise.all([second, stopped]);
  for (const { pid } of parts.values()) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect(parts.size).toBe(2);
  await expect(keep('third', sleeper)).rejects.toThrow('third is not started');
});

test('a command that runs when the drill is stopped ends with it', async () => {
  const stopped = new AbortController();
  const said = opsWith({ PATH: process.env['PATH'] }, stopped.signal)('reconcile');
  stopped.abort();
  expect(await said).toMatchObject({ code: 1, output: '' });
});

describe('the program', () => {
  const main = fileURLToPath(new URL('../../bench/drill/main.ts', import.meta.url));

  test.each(['0', 'fast'])('refuses %s orders a second', (rate) => {
    const { status, stderr } = spawnSync(process.execPath, [main, '--rate', rate], { encoding: 'utf8' });
    expect(stderr).toMatch(/--rate.*must be a number above 0/);
    expect(status).toBe(1);
  });

  test('ends every part when it is interrupted while they come up', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drill-test-'));
    chmodSync(folder, 0o755);
    // Services that start and never answer: the drill is still waiting for them.
    for (const [name, does] of [
      ['temporal-server', 'exec tail -f "$0"'],
      ['temporal-sql-tool', 'exit 0'],
    ])
      writeFileSync(join(folder, name ?? ''), `#!/bin/sh\n${does}\n`, { mode: 0o755 });
    const env = { ...process.env, TMPDIR: folder, TEMPORAL_SERVER_BIN: join(folder, 'temporal-server') };
    const drill = spawn(process.execPath, [main], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    drill.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const exited = once(drill, 'exit');
    await until(
      () => Promise.resolve(said),
      (text) => text.includes('four services'),
      { what: 'PostgreSQL' },
    );
    drill.kill('SIGTERM');
    expect(await exited).toEqual([130, null]);
    expect(processesOf(folder)).toEqual([]);
    rmSync(folder, { recursive: true, force: true });
  });
});

/** What runs with a word of its command line in a folder. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const command = /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
      return command.includes(folder) ? [command] : [];
    } catch {
      return [];
    }
  });
}

test('a Temporal server that is not where the setting says is named with its setting', () => {
  process.env['TEMPORAL_SERVER_BIN'] = '/nowhere/temporal-server';
  try {
    expect(() => temporalPrograms(() => undefined)).toThrow('TEMPORAL_SERVER_BIN: /nowhere/temporal-server');
  } finally {
    delete process.env['TEMPORAL_SERVER_BIN'];
  }
});

test('the table counts what is wrong at the part during which it was in flight, by key and by id', () => {
  const [one, other] = planLoad(1, { orders: 2, everyMs: 1 }).map((plan, index) => {
    const outcome = { key: plan.key, ids: [`order-${index}`], expected: [], stage: undefined, charge: 0, tookMs: 1 };
    return { plan, begunAt: 0, ended: { at: 5, outcome } };
  });
  if (!one || !other) throw new Error('two orders were planned');
  const table = printDrill({
    server: 'temporal version 1.2.3',
    phases: [
      { part: 'api', happened: 'kill -9', affected: [one], seconds: 1.25 },
      { part: 'database', happened: 'kill -9', affected: [other] },
    ],
    orders: 2,
    verdict: {
      lost: ['1-0 (order-0, completed)'],
      doubled: ['order-1: paid 2 times'],
      stuck: [],
      wrong: [],
      broken: [],
    },
    footprint: {
      orders: 1,
      seconds: 1,
      cpuMs: { api: 8 },
      idleMs: {},
      history: { workflowTasks: 2, events: 25, bytes: 11_550, actions: 8 },
      rows: [],
      bytes: {},
    },
    agreement: 'The books agree.',
  });
  const cells = (part: string) =>
    table
      .split('\n')
      .find((line) => line.startsWith(`| ${part} `))
      ?.split('|')
      .map((cell) => cell.trim())
      .slice(3, -1);
  expect(cells('api')).toEqual(['1', '1.3', '1', '0', '0', '0']);
  expect(cells('database')).toEqual(['1', 'not all', '0', '1', '0', '0']);
  expect(cells('all')).toEqual(['2', '', '1', '1', '0', '0']);
});
