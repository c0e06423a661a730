import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { withLogin } from '../../platform/logins/kept-login.ts';
import { announced, runFolder } from '../support/run.ts';
import { databaseUrl, type TestPostgres, type TestTemporal } from '../support/servers.ts';
import { freePort, removeInstance, run, untilReady, untilSaid, type Started } from './support.ts';
import { until } from '../support/until.ts';

/*
 * A database of the user's own, of which only the owner is known: what `npm run migrate` makes of it, and who may work on it
 * afterwards. The owners are those that users have: an administrator, one who may make roles, one who may not.
 */
let server: string;
let temporal: string;
let folder: string;
const made: { database: string; owner: string }[] = [];
const started: Started[] = [];

beforeAll(async () => {
  server = (await announced<TestPostgres>('postgres')).url;
  temporal = (await announced<TestTemporal>('temporal')).address;
  folder = mkdtempSync(join(runFolder(), 'own-database-'));
});
afterAll(async () => {
  for (const { database } of made) removeInstance(join(folder, database), started);
  for (const { database, owner } of made) {
    await administer(`drop database ${database} with (force)`);
    await administer(`drop owned by ${owner}; drop role ${owner}`);
  }
  const logins = await administer<{ rolname: string }>(
    `select rolname from pg_roles where rolname like 'countersign\\_service\\_%' or rolname like 'named\\_%'`,
  );
  for (const { rolname } of logins) await administer(`drop role ${rolname}`).catch(() => []);
  rmSync(folder, { recursive: true });
});

async function administer<Row extends object>(sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: server });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** An empty database of a new owner with these attributes. */
async function ownDatabase(attributes: string): Promise<{ url: string; env: Record<string, string> }> {
  const name = `own_${randomBytes(4).toString('hex')}`;
  await administer(`create role ${name} login password 'own' ${attributes}`);
  if (attributes.includes('createrole'))
    await administer(`grant countersign_app to ${name} with admin true, inherit false, set false`);
  await administer(`create database ${name} owner ${name}`);
  made.push({ database: name, owner: name });
  const url = withLogin(databaseUrl(server, name), { user: name, password: 'own' });
  const env = {
    DATABASE_URL: url,
    DATA_DIR: join(folder, name),
    TEMPORAL_ADDRESS: temporal,
    TEMPORAL_NAMESPACE: 'default',
    EMBEDDED: 'true',
  };
  return { url, env };
}

async function migrate(env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const job = run('scripts/migrate.ts', env);
  return { code: await job.ended(), said: job.output() };
}

function start(main: string, env: Record<string, string>): Started {
  const process = run(main, env);
  started.push(process);
  return process;
}

/** Starts a process and returns once it works, or has ended. */
async function tried(main: string, env: Record<string, string>): Promise<{ works: boolean; said: string }> {
  const process = start(main, { ...env, PORT: await freePort(), LOG_LEVEL: 'info' });
  const ended = process.ended();
  const isAtWork = () => /"msg":"(listening|working)"/.test(process.output());
  await until(() => isAtWork() || process.child.exitCode !== null, { seen: () => process.output() });
  const works = isAtWork();
  process.child.kill('SIGTERM');
  await ended;
  return { works, said: process.output() };
}

/** Who has sessions of worker or API in this database. */
async function loginsAt(url: string): Promise<unknown[]> {
  const rows = await administer<{ usename: string }>(
    `select distinct usename from pg_stat_activity where datname = '${new URL(url).pathname.slice(1)}' and application_name like 'countersign-%'`,
  );
  return rows.map(({ usename }) => usename);
}

describe.each(['superuser', 'createrole'])('an owner that is a %s', (attributes) => {
  test('migrates, and the processes of the same data folder log in as somebody who is nothing else', async () => {
    const { url, env } = await ownDatabase(attributes);
    const first = await migrate(env);
    expect(first).toMatchObject({
      code: 0,
      said: expect.stringMatching(/worker and API log in as countersign_service_\w+/),
    });
    expect(first.said).not.toMatch(/postgres:\/\/|password/);
    expect(await migrate(env)).toMatchObject({ code: 0, said: expect.stringContaining('database: up to date') });

    const api = start('api/main.ts', { ...env, PORT: await freePort(), LOG_LEVEL: 'info' });
    await untilSaid(api, '"msg":"listening"');
    const logins = await loginsAt(url);
    api.child.kill('SIGTERM');
    expect(await api.ended()).toBe(0);
    expect(logins).toEqual([expect.stringMatching(/^countersign_service_/)]);
  });

  test('is refused as the login of a process that has no folder to find another in', async () => {
    const { env } = await ownDatabase(attributes);
    await migrate(env);
    for (const main of ['api/main.ts', 'workers/main.ts']) {
      const { works, said } = await tried(main, { ...env, DATA_DIR: join(folder, 'elsewhere') });
      expect({ works, lines: said.trim().split('\n') }).toEqual({
        works: false,
        lines: [
          expect.stringMatching(
            /^DATABASE_URL: the login own_\w+ (has|owns) .*: set DATABASE_URL to .* DATABASE_OWNER_URL/,
          ),
        ],
      });
    }
  });

  test('makes the login that DATABASE_URL names, which works from any folder', async () => {
    const { url, env } = await ownDatabase(attributes);
    const named = withLogin(url, { user: `named_${randomBytes(4).toString('hex')}`, password: 'its own' });
    const all = { ...env, DATABASE_URL: named, DATABASE_OWNER_URL: url };
    expect(await migrate(all)).toMatchObject({ code: 0 });
    expect(existsSync(env['DATA_DIR'] ?? '')).toBe(false);
    const { works, said } = await tried('api/main.ts', { ...env, DATABASE_URL: named, DATA_DIR: join(folder, 'any') });
    expect([works, said]).toEqual([true, expect.any(String)]);
    // A wrong password is not made the right one.
    const wrong = await migrate({ ...all, DATABASE_URL: named.replace('its%20own', 'wrong') });
    expect(wrong).toEqual({
      code: 1,
      said: expect.stringMatching(/^DATABASE_URL: the database refuses the password of named_\w+: /),
    });
  });
});

describe('an owner that may make no roles', () => {
  test('has an administrator make the login, and says how', async () => {
    const { url, env } = await ownDatabase('');
    const { code, said } = await migrate(env);
    expect([code, said.trim().split('\n').at(-1)]).toEqual([
      1,
      expect.stringMatching(
        /^DATABASE_URL: its login may not make the service's login .*: have an administrator run `create role .*`, then repeat/,
      ),
    ]);
    const { user, password } = JSON.parse(
      readFileSync(join(env['DATA_DIR'] ?? '', 'keys/database-login.json'), 'utf8'),
    );
    expect(said).not.toContain(password);

    // What it says is what helps.
    const [, statements = ''] = /run `(.*)`/.exec(said) ?? [];
    const inside = new Client({ connectionString: databaseUrl(server, new URL(url).pathname.slice(1)) });
    await inside.connect();
    await inside.query(statements.replace("'…'", `'${password}'`));
    await inside.end();
    expect(await migrate(env)).toMatchObject({
      code: 0,
      said: expect.stringContaining(`worker and API log in as ${user}`),
    });
  });
});

test("the service's login cannot migrate, and says who can", async () => {
  const { url, env } = await ownDatabase('superuser');
  const login = `named_${randomBytes(4).toString('hex')}`;
  await administer(`create role ${login} login password 'x' in role countersign_app`);
  const { code, said } = await migrate({ ...env, DATABASE_URL: withLogin(url, { user: login, password: 'x' }) });
  expect([code, said.trim().split('\n')]).toEqual([
    1,
    [
      expect.stringMatching(
        /^DATABASE_URL: its login may not migrate .*: set DATABASE_OWNER_URL to the owner of the database$/,
      ),
    ],
  ]);
});

describe('npm start on it', () => {
  test.each([
    ['createrole createdb', true],
    ['createrole', false],
  ])('as an owner with "%s" it runs the sites, each with a database there: %s', async (attributes, may) => {
    const { url, env } = await ownDatabase(attributes);
    const service = start('scripts/start.ts', { ...env, PORT: await freePort(), LOG_LEVEL: 'info' });
    await untilReady(service);
    const ownedNow = () =>
      administer<{ datname: string }>(
        `select datname from pg_database d join pg_roles r on r.oid = datdba where rolname ~ '^(selling_office|distributing_company)_' and datname = rolname`,
      );
    // The service does not wait for its sites.
    if (may) await until(ownedNow, (owned) => owned.length === 2);
    service.child.kill('SIGTERM');
    expect([await service.ended(), service.output()]).toEqual([0, expect.stringContaining('Countersign is ready')]);
    const line =
      'sites: left out, as by SITES=off: the login of DATABASE_URL may not make their databases (CREATEDB, CREATEROLE)';
    expect(service.output().includes(line)).toBe(!may);
    expect(/\(seller-loom\)\n.*\(distributor-rail\)/.test(service.output())).toBe(may);
    const owned = await ownedNow();
    expect(owned).toHaveLength(may ? 2 : 0);
    for (const { datname } of owned) {
      await administer(`drop database ${datname} with (force)`);
      await administer(`drop role ${datname}`);
    }
    const sellers = await askAs(url, 'select id from sellers order by id');
    expect(sellers).toEqual(['seller-forge', ...(may ? ['seller-loom'] : []), 'seller-mill'].map((id) => ({ id })));
  });
});

async function askAs(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
