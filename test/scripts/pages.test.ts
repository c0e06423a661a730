import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { blocksOf, inlineCommandsOf, PAGES, textOf } from './pages.ts';
import {
  freePort,
  instanceSettings,
  PROJECT,
  removeInstance,
  run,
  runNpmStart,
  untilReady,
  untilSaid,
  type Started,
} from './support.ts';

/**
 * Every command of README and docs/ is run as it is printed, as a user does it: pasted into a bash in a clone, beside a service
 * that was started there on other ports and in another folder. Blocks that need more than one machine, or hours, are fenced as
 * `sh by-hand`; they are few, and listed here.
 */
const BY_HAND = [
  'README.md: npm start', // test/scripts/start.test.ts
  'docs/backup.md: # In postgresql.conf', // a server's own configuration
  'docs/kubernetes.md: # 1. The two images', // a cluster; test/scripts/kubernetes.test.ts
  'docs/kubernetes.md: # 1. An overlay for the upgrade', // a cluster; test/scripts/kubernetes.test.ts
  'docs/ledger.md: npm run bench:ledger', // a quiet machine
  'docs/mutation.md: npm run mutation', // hours
  'docs/observability.md: docker compose logs', // Docker; test/monitoring/one-request.test.ts
  'docs/payload-encryption.md: DATA_DIR=$PWD/.data PAYLOAD_KEYS_FILE', // keeps running; below
  'docs/performance.md: npm run bench', // a quiet machine, hours
  'docs/production.md: docker build', // Docker; test/scripts/compose.test.ts
  'docs/production.md: docker compose run --rm tools', // Docker; test/scripts/compose-tools.test.ts
  'docs/production.md: # .env: COUNTERSIGN_VERSION', // Docker; test/scripts/compose-profiles.test.ts
  'docs/production.md: docker compose --profile monitoring', // Docker; test/scripts/compose-profiles.test.ts
  'docs/production.md: DATABASE_URL=postgres://countersign_service', // an administrator's server; test/scripts/own-database
  'docs/production.md: # A pooler', // test/pooler
  'docs/production.md: apt-get install -y pgbouncer', // test/pooler
  'docs/secrets.md: sha256sum secrets/keys/master-key.json', // containers, a cluster; test/scripts/compose-profiles.test.ts
  'docs/secrets.md: # 1. A second login', // an administrator's server; test/platform/login-rotation.test.ts
  'docs/secrets.md: # 1. The second logins', // containers; test/scripts/compose.test.ts
  'docs/terminal.md: npm run demo -- --history', // minutes; test/scripts/history-command.test.ts
  'docs/upgrades.md: # 1. The new workers start beside the old ones', // test/scripts/deployments.test.ts
  'docs/upgrades.md: npm run ops -- drain 2026-11-01 --continue', // test/scripts/deployments.test.ts
  'docs/upgrades.md: npm run ops -- drain 2026-11-01 --move-to', // test/scripts/deployments.test.ts
  'docs/upgrades.md: # 1. Workers of the first build', // test/scripts/deployments.test.ts
  'docs/upgrades.md: export DATA_DIR', // keeps running; below, test/scripts/deployments.test.ts
  'docs/write-a-site.md: curl -s $API/v1/orders/$ORDER/messages', // a site of the reader's own; test/sites
];

let settings: Awaited<ReturnType<typeof instanceSettings>> & { DEMO_DRIVE_SECONDS: string };
let service: Started;
let clone: string;
beforeAll(async () => {
  clone = mkdtempSync(join(tmpdir(), 'countersign-clone-'));
  for (const name of readdirSync(PROJECT)) {
    // What the commands write stays in the clone.
    if (!['.git', '.env', 'secrets', '.data'].includes(name)) symlinkSync(join(PROJECT, name), join(clone, name));
  }
  settings = { ...(await instanceSettings()), SITES: 'on', DEMO_DRIVE_SECONDS: '1' };
  service = runNpmStart(settings);
  await untilReady(service);
});
afterAll(async () => {
  service.child.kill('SIGTERM');
  await service.ended();
  removeInstance(settings.DATA_DIR, [service]);
  rmSync(clone, { recursive: true });
});

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** The PATH of a user: without what npm puts before it for this test. */
const PATH = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);

/** As pasted: line by line in one bash, which stops at the first command that fails. */
function paste(text: string): Promise<Ran> {
  const env = { PATH, HOME: clone, ...settings };
  const shell = spawn('bash', ['--noprofile', '--norc', '-eu', '-o', 'pipefail', '-c', text], { cwd: clone, env });
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)));
  return new Promise((resolve) => shell.once('close', (code) => resolve({ code, output })));
}

const blocks = PAGES.flatMap(blocksOf);
const toRun = PAGES.map((page) => [page, blocksOf(page).filter(({ label }) => label === '')] as const);

/** What is tried again as the page says may have gone on by itself a moment before. */
const WENT_ON = /\{"type":"\/problems\/illegal-transition"[^}]*there is nothing to retry on an order in [^}]*\}/g;

describe('the commands of', () => {
  test.each(toRun.filter(([, ours]) => ours.length > 0))('%s', async (page, ours) => {
    const script = ours.map(({ line, text }) => `echo "--- ${page}:${line}" >&2\n${text}`).join('\n');
    const { code, output } = await paste(script);
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output.replaceAll(WENT_ON, '')).not.toMatch(/"type":"\/problems\//);
    expect(output).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  });
});

describe('beside the service, told its folder alone', () => {
  const beside = (main: string, own: Record<string, string>): Started =>
    run(main, { DATA_DIR: settings.DATA_DIR, TEMPORAL_PORT: settings.TEMPORAL_PORT, LOG_LEVEL: 'info', ...own });
  const stopped = (started: Started): Promise<number | null> => {
    started.child.kill('SIGTERM');
    return started.ended();
  };

  test('a worker with a version works', async () => {
    const worker = beside('workers/main.ts', { WORKER_DEPLOYMENT_NAME: 'beside', WORKER_BUILD_ID: 'v1' });
    await untilSaid(worker, '"msg":"working"');
    expect(await stopped(worker)).toBe(0);
  });

  test("a codec server takes the demo operator's token", async () => {
    const key = join(clone, 'payload-key.json');
    await paste(`(umask 077; npx countersign keys generate-payload > ${key})`);
    const address = `127.0.0.1:${await freePort()}`;
    const own = { PAYLOAD_KEYS_FILE: key, CODEC_ADDRESS: address, CODEC_ORIGINS: 'http://127.0.0.1:8233' };
    const codec = beside('api/codec/main.ts', own);
    await untilSaid(codec, '"msg":"listening"');
    const demo = await (await fetch(`http://127.0.0.1:${settings.PORT}/dev/tokens`)).text();
    const token = /"operator-olga"[^}]*"token":"([^"]+)"/.exec(demo)?.[1];
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(`http://${address}/decode`, { method: 'POST', body: '{}', headers });
    expect(await answer.json()).toEqual({ payloads: [] });
    expect(await stopped(codec)).toBe(0);
  });
});

test('blocks that are not run are marked, and few', () => {
  const marked = blocks.filter(({ label }) => label !== '');
  expect(marked.map(({ label }) => label)).toEqual(BY_HAND.map(() => 'by-hand'));
  for (const [index, { page, text }] of marked.entries()) expect(`${page}: ${text}`).toContain(BY_HAND[index]);
});

test.each(PAGES)('%s has no gap that is still to be filled', (page) => {
  expect(textOf(page)).not.toContain('@@');
});

test('what the README shows as output of its order is what it comes to', async () => {
  const { output } = await paste(blocksOf('README.md').filter(({ label }) => label === '')[0]?.text ?? 'false');
  expect(output).toMatch(/"stage":"completed"/);
  expect(output).toMatch(/"sum":\{"amount":0|"net":\{"amount":0|"nets?ToZero":true/i);
});

const scripts: unknown = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')).scripts;
const inline = [...new Set(PAGES.flatMap(inlineCommandsOf))];
/** Named in a text, and nothing to run as it is: a restored database and versioned workers have tests of their own. */
const NAMED = ['npm run ops -- restore', 'npm run ops -- rollback'];
/** Nothing in it stands for something else: `<kid>`, `BUILD`, `deploy | rollback`. */
const isWhole = (command: string): boolean =>
  /^(npm run ops --|npx countersign) /.test(command) && !/<|\||\b[A-Z]+\b/.test(command) && !NAMED.includes(command);
/** Forgetting comes last: what was sealed for that person is gone. */
const whole = inline
  .filter(isWhole)
  .toSorted((one, other) => Number(one.includes('forget')) - Number(other.includes('forget')));

test.each(whole)('the command in the text `%s`', async (command) => {
  expect(await paste(command)).toMatchObject({ code: 0 });
});

test.each(inline.filter((command) => command.startsWith('npm run')))('`%s` names a script that there is', (command) => {
  expect(scripts).toHaveProperty([command.split(' ')[2] ?? '']);
});

test.each(inline.filter((command) => command.includes('<')))('`%s` names a command that there is', async (command) => {
  const [known = ''] = command.split(' <');
  expect(await paste(`${known} --help`)).toMatchObject({ code: 0, output: expect.stringContaining('Usage:') });
});

test('main files that a page names are there, with a script that runs them under any Node', () => {
  for (const [script, main] of [
    ['api', 'api/main.ts'],
    ['worker', 'workers/main.ts'],
    ['migrate', 'scripts/migrate.ts'],
  ])
    expect(scripts).toMatchObject({ [script ?? '']: expect.stringMatching(`node ${main}$`) });
});

test.each(['api', 'worker', 'migrate'])('npm run %s works whatever Node the machine has', async (script) => {
  const { code, output } = await paste(`PORT=http npm run --silent ${script}`);
  expect({ code, output }).toEqual({ code: 1, output: 'PORT must be a whole number from 1 to 65535\n' });
});
