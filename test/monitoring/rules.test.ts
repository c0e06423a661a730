import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findPromtool, PROMTOOL_ADVICE } from '../../scripts/setup/promtool.mjs';
import { PROJECT } from '../scripts/support.ts';
import { alerts, dashboards, inhibitions, runbook, testedAlerts } from './files.ts';

/* The files for Prometheus, Alertmanager and Grafana, as their own tools and their readers take them. */

const promtool = findPromtool();
const FOLDER = join(PROJECT, 'deploy/monitoring');

function check(...args: string[]): { code: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(promtool ?? '', args, { cwd: FOLDER, encoding: 'utf8' });
  return { code: status, said: stdout + stderr };
}
const files = (folder: string) => readdirSync(join(FOLDER, folder)).map((name) => join(folder, name));

/** Without promtool the rest is still compared; what is left out says so. */
const judged = promtool === undefined ? describe.skip : describe;
const judgement = promtool === undefined ? `LEFT OUT, for there is no promtool: ${PROMTOOL_ADVICE}` : 'by promtool';

judged(judgement, () => {
  test('Prometheus takes its configuration and all rules', () => {
    expect(check('check', 'config', 'prometheus.yml')).toMatchObject({ code: 0 });
    expect(check('check', 'rules', ...files('rules'))).toMatchObject({ code: 0 });
  });

  test('every alert fires when it is to, and none while all is well', () => {
    expect(check('test', 'rules', ...files('tests'))).toMatchObject({ code: 0 });
  });
});

test('every alert is tested', () => {
  expect([...testedAlerts()].toSorted()).toEqual(
    alerts()
      .map(({ name }) => name)
      .toSorted(),
  );
});

test.each(alerts().map((alert) => [alert.name, alert] as const))(
  '%s says how bad it is, what it is, and where to read on',
  (name, { text }) => {
    expect(text).toMatch(/labels: \{ severity: (page|ticket), area: (platform|orders|money) \}/);
    expect(text).toMatch(/^ {10}summary: \S/m);
    expect(text).toMatch(/^ {10}description: \S/m);
    expect(text).toMatch(new RegExp(`^ {10}runbook_url: docs/runbook.md#${name.toLowerCase()}$`, 'm'));
  },
);

test('every alert has its entry in the runbook, every entry its alert, and each says all that somebody needs at night', () => {
  const entries = runbook();
  expect([...entries.keys()].toSorted()).toEqual(
    alerts()
      .map(({ name }) => name)
      .toSorted(),
  );
  const PARTS = ['What it means', 'What the buyer sees', 'First look', 'What to do', 'Over when'];
  const incomplete = [...entries].filter(([, text]) => !PARTS.every((part) => text.includes(`**${part}**`)));
  expect(incomplete.map(([name]) => name)).toEqual([]);
});

test('only a page keeps tickets from being told, and each pair is named', () => {
  const named = (severity: string) =>
    alerts().flatMap(({ name, text }) => (text.includes(`severity: ${severity}`) ? [name] : []));
  expect(inhibitions().length).toBeGreaterThan(0);
  for (const { sources, targets } of inhibitions()) {
    expect(named('page')).toEqual(expect.arrayContaining([...sources]));
    expect(named('ticket')).toEqual(expect.arrayContaining([...targets]));
  }
});

test('every dashboard has a name of its own, and asks something in each panel', () => {
  const all = dashboards();
  expect(all.map(({ uid }) => uid).toSorted()).toEqual([
    'countersign-money',
    'countersign-orders',
    'countersign-platform',
  ]);
  expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
  const silent = all.flatMap(({ panels }) => panels).filter(({ targets }) => targets.length === 0);
  expect(silent).toEqual([]);
});
