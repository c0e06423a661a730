import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { runFolder } from '../support/run.ts';
import { freePort, partsOf, run, type Started } from './support.ts';

/* `npm run demo` where nothing runs: it starts an office with its sites, tells one order, and leaves nothing behind. */

const started: Started[] = [];
afterAll(() => {
  for (const { child } of started) child.kill('SIGTERM');
});

test('one order over four servers, from nothing, with its evidence', async () => {
  const folder = mkdtempSync(join(runFolder(), 'demo-'));
  const demo = run('scripts/demo.ts', { PORT: await freePort(), DEMO_DRIVE_SECONDS: '1', TMPDIR: folder });
  started.push(demo);
  expect([await demo.ended(), demo.output()]).toEqual([0, expect.any(String)]);
  const said = demo.output();
  const told = [
    'One order over four servers',
    'terminal → check office',
    'verifies check-',
    'terminal → selling office',
    'selling office → check office',
    'message presentation to the selling office: receipt signed by seller-loom',
    'selling office → terminal',
    'message payment_indicated to the selling office: receipt signed by seller-loom',
    'selling office → distributing company',
    'message instruction to the distributing company: receipt signed by distributor-rail',
    'distributing company → its driver',
    'distributing company → check office',
    'check office → selling office',
    'it nets to zero',
    'The order completed, the evidence good',
  ];
  const places = told.map((line) => [line, said.indexOf(line)] as const);
  expect(places.filter(([, at]) => at < 0)).toEqual([]);
  expect(places.toSorted(([, one], [, other]) => one - other)).toEqual(places);
  expect(said).toContain('verdict promised');
  expect(said).toContain('verdict scheduled');
  for (const kind of ['completed', 'paid'])
    expect(said).toContain(`message ${kind} to the selling office: receipt signed by seller-loom`);
  // Colours are for a terminal alone.
  expect(said).not.toContain('\u001B');

  const [evidence = ''] = /\S+evidence\.json/.exec(said) ?? [];
  expect(existsSync(evidence)).toBe(true);
  const left = readdirSync(folder).filter((name) => name.startsWith('countersign-demo-'));
  expect(left).toEqual([]);
  expect(left.flatMap((name) => partsOf(join(folder, name)))).toEqual([]);
});
