import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { PROJECT } from '../scripts/support.ts';

/* What is refused before anything is asked: in two lines, of which the first says what is wrong. */

const NEXT_YEAR = `${new Date().getUTCFullYear() + 1}-01-01`;

test.each([
  ['archive', '--before', '2026-06-31', 'It is a date such as 2026-01-31'],
  ['archive', '--before', 'soon', 'It is a date such as'],
  ['archive', '--before', NEXT_YEAR, 'It is still to come.'],
  ['reconcile', '--since', '2026-02-30T00:00:00Z', 'It is a moment such as'],
  ['reconcile', '--since', '2026-02-28', 'It is a moment such as'],
  ['restore', '--from', `${NEXT_YEAR}T00:00:00Z`, 'It is still to come.'],
])('ops %s %s %s', (command, option, said, why) => {
  const args = ['cli/countersign.mjs', 'ops', command, option, said];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: PROJECT, encoding: 'utf8' });
  expect(status).toBe(2);
  const [fault, next, ...more] = stderr.trim().split(/\n+/);
  expect(fault).toContain(`argument '${said}' is invalid. ${why}`);
  expect([next, more]).toEqual([`See: countersign ops ${command} --help`, []]);
});
