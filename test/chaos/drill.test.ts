import { spawn } from 'node:child_process';
import { afterEach, describe, expect, test } from '@jest/globals';
import { keepPart, type KeptPart } from '../../bench/chaos/parts.ts';
import { FATES, planLoad } from '../../bench/chaos/plan.ts';
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

describe('a part that is kept', () => {
  let part: KeptPart<string> | undefined;
  afterEach(() => part?.stop());

  const sleeper = () => Promise.resolve(spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']));
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
});

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
