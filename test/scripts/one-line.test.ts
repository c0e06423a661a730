import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { freePort, PROJECT, run } from './support.ts';

/** A wrong address, folder or file is one line that names setting and place: never a stack, never a password. */
let folder: string;
let port: string;
let database: TestDatabase;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-one-line-'));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'file'), '');
  port = await freePort();
  mkdirSync(join(folder, 'stopped'));
  writeFileSync(join(folder, 'stopped/postgres.password'), 'secret');
  writeFileSync(join(folder, 'stopped/postgres.port'), port);
  database = await testDatabase();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await database.close();
});

const CLI = 'cli/countersign.mjs';

test.each([
  ['npm start', 'scripts/start.ts', [], { DATA_DIR: 'FOLDER/file' }, 'DATA_DIR \\(FOLDER/file\\) cannot be used'],
  [
    'npm start',
    'scripts/start.ts',
    [],
    { DATA_DIR: 'FOLDER/file/a/b' },
    'DATA_DIR \\(FOLDER/file/a/b\\) cannot be used',
  ],
  ['keys', CLI, ['keys', 'list'], { DATA_DIR: 'FOLDER/file' }, 'DATA_DIR \\(FOLDER/file\\) is no folder of a started'],
  [
    'keys',
    CLI,
    ['keys', 'list'],
    { DATA_DIR: 'FOLDER/file/a' },
    'DATA_DIR \\(FOLDER/file/a\\) is no folder of a started',
  ],
  ['keys', CLI, ['keys', 'list'], { DATA_DIR: 'FOLDER/none' }, 'DATA_DIR \\(FOLDER/none\\) is no folder of a started'],
  ['keys', CLI, ['keys', 'list'], { DATA_DIR: 'FOLDER/stopped' }, 'DATA_DIR \\(FOLDER/stopped\\): .*127.0.0.1:PORT/'],
  [
    'forget',
    CLI,
    ['forget', 'ada'],
    { DATABASE_URL: 'postgres://a:secret@127.0.0.1:PORT/x' },
    'DATABASE_URL: .*:PORT/x',
  ],
  [
    'forget',
    CLI,
    ['forget', 'ada'],
    { DATABASE_URL: 'postgres://a:secret@no.invalid/x' },
    'DATABASE_URL: .*no.invalid:',
  ],
  [
    'ops',
    CLI,
    ['ops', 'stuck'],
    { TEMPORAL_PORT: 'PORT' },
    '^Temporal at 127.0.0.1:PORT does not answer .*TEMPORAL_ADDRESS \\(TEMPORAL_PORT',
  ],
  [
    'ops',
    CLI,
    ['ops', 'stuck'],
    { TEMPORAL_ADDRESS: 'no.invalid:1' },
    '^Temporal at no.invalid:1 does not answer .*TEMPORAL_ADDRESS',
  ],
  [
    'ops',
    CLI,
    ['ops', 'stuck'],
    { PAYLOAD_KEYS_FILE: 'FOLDER/file' },
    '^PAYLOAD_KEYS_FILE \\(FOLDER/file\\) must hold a JWK.*\n^The database',
  ],
  [
    'ops',
    CLI,
    ['ops', 'stuck'],
    { TEMPORAL_TLS_CLIENT_CERT_PATH: 'FOLDER/none.pem' },
    '^TEMPORAL_TLS_… or .* cannot be used \\(.*FOLDER/none.pem.*\\)\n^The database',
  ],
  ['ops', CLI, ['ops', 'stuck'], { TEMPORAL_PORT: 'http' }, 'TEMPORAL_PORT must be a whole number'],
  [
    'migrate',
    'scripts/migrate.ts',
    [],
    { DATABASE_URL: 'postgres://a:secret@127.0.0.1:PORT/x' },
    'DATABASE_URL: .*:PORT/x',
  ],
  ['secrets', 'scripts/make-secrets.ts', ['FOLDER/file'], {}, 'ENOTDIR.*FOLDER/file'],
] as const)('%s (%s %j, %j)', async (_what, main, args, env, line) => {
  const fill = (text: string): string =>
    text.replaceAll('FOLDER', folder).replaceAll('PORT', (name, at) => {
      // Names of settings hold the word, too.
      return text.startsWith('TEMPORAL_', at - 9) ? name : port;
    });
  const filled = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value)]));
  const started = run(main, { DATA_DIR: join(folder, 'none'), ...filled }, args.map(fill));
  expect(await started.ended()).toBe(1);
  // Whoever waits longer than two seconds is told so meanwhile.
  const said = started.output().replace('asking Temporal and the database …\n', '').trim();
  expect(said).toMatch(new RegExp(fill(line), 'm'));
  // `ops` says one line for each thing that it cannot reach: here Temporal, and the database that no setting names.
  const things = line.startsWith('^') ? 2 : 1;
  expect(said.split('\n')).toHaveLength(things);
  expect(said).not.toContain('secret@');
});

test('a reason that hides something is refused before anything is asked', async () => {
  const started = run(CLI, { DATA_DIR: join(folder, 'none') }, ['ops', 'abort', 'order-1', '--because', 'paid\u202E']);
  expect(await started.ended()).toBe(2);
  expect(started.output()).toMatch(/option '--because <text>' argument .* is invalid\. It must not hold .*U\+202E/);
});

test('a worker names the Temporal server that does not answer', async () => {
  const env = {
    DATABASE_URL: database.serviceUrl,
    TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
    DATA_DIR: join(folder, 'worker'),
  };
  const worker = run('workers/main.ts', env);
  expect(await worker.ended()).toBe(1);
  expect(worker.output().trim()).toMatch(
    new RegExp(`^Temporal at 127.0.0.1:${port} does not answer \\(.*\\): start it`),
  );
});

describe('a folder that may not be written', () => {
  const asNobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const refused = (dataDir: string) =>
    spawnSync(process.execPath, ['scripts/start.ts'], {
      ...asNobody,
      cwd: PROJECT,
      env: { PATH: process.env['PATH'], HOME: folder, DATA_DIR: dataDir },
      encoding: 'utf8',
    });

  test.each([
    ['itself', ''],
    ['above', '/below'],
  ])('%s is named in one line', (_what, below) => {
    const readOnly = join(folder, 'read-only');
    if (!existsSync(readOnly)) mkdirSync(readOnly, { mode: 0o500 });
    if (asNobody.uid !== undefined) chownSync(readOnly, asNobody.uid, asNobody.uid);
    const { status, stdout, stderr } = refused(readOnly + below);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr.trim()).toMatch(
      /^DATA_DIR \(.*read-only.*\) cannot be used \(EACCES: permission denied\): set it to a/,
    );
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
