import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compactVerify, createLocalJWKSet } from 'jose';
import { loadSiteKey } from '../../client/site.ts';
import { parseSettings } from '../../platform/settings.ts';
import { composeFolder, FILE, NEEDED, type Compose, type Services } from '../support/compose.ts';
import { runFolder } from '../support/run.ts';
import { PROJECT } from './support.ts';

let compose: Compose;
beforeAll(() => {
  compose = composeFolder();
});
afterAll(() => rmSync(compose.folder, { recursive: true }));

const parse: Compose['parse'] = (...given) => compose.parse(...given);
const services = (env?: Record<string, string>): Services => compose.services({ env });
const withSites = (): Services => compose.services({ profiles: ['sites'] });

describe('docker-compose.yml', () => {
  test('is what Compose accepts', () => {
    expect(parse(FILE)).toMatchObject({ code: 0, said: '' });
  });

  test.each([
    [
      'a service that nobody defines',
      (text: string) => text.replace('      temporal-schema:\n', '      temporal-scheme:\n'),
    ],
    [
      'a secret that nobody defines',
      (text: string) => text.replace('secrets: [postgres-password,', 'secrets: [postgras-password,'),
    ],
    ['a condition that does not exist', (text: string) => text.replaceAll('service_healthy', 'service_heathy')],
    ['a key that does not exist', (text: string) => text.replaceAll('healthcheck:', 'healthchek:')],
    ['a volume that nobody defines', (text: string) => text.replace('- postgres:/var', '- postgras:/var')],
  ])('broken by %s it is refused', (_what, broken) => {
    expect(broken(FILE)).not.toBe(FILE);
    expect(parse(broken(FILE)).code).not.toBe(0);
  });

  test.each(['TOKEN_ISSUER'])('without %s it says what to do', (name) => {
    const { [name]: _left, ...rest }: Record<string, string> = NEEDED;
    expect(parse(FILE, { env: rest })).toMatchObject({
      code: 1,
      said: expect.stringContaining(`${name} is missing a value: name the issuer`),
    });
  });

  test('hands every setting of token issuers on, as docs/identities.md has them in .env, and their defaults where it has none', () => {
    const given = {
      TOKEN_ISSUER: 'https://login.example/',
      TOKEN_AUDIENCE: 'one,two',
      TOKEN_SUBJECT_CLAIM: 'oid',
      TOKEN_PARTY_CLAIM: 'https://countersign.example/party',
      TOKEN_ROLE_CLAIM: 'realm_access.roles',
      TOKEN_TERMINAL_CLAIM: 'azp',
      TOKEN_ROLE_MAP: '{"Countersign.Buyer":"buyer"}',
    };
    const environment = (env: Record<string, string>) => services(env)['api']?.environment ?? {};
    expect(parseSettings(environment(given)).tokenIssuers).toEqual(parseSettings(given).tokenIssuers);
    const { TOKEN_ISSUER } = given;
    expect(parseSettings(environment({ TOKEN_ISSUER })).tokenIssuers).toEqual(
      parseSettings({ TOKEN_ISSUER }).tokenIssuers,
    );
  });

  test('holds no secret: every password and key comes from .env or secrets/', () => {
    const secret = FILE.split('\n').filter((line) => /(PASSWORD|PWD|SECRET|API_KEY): /.test(line));
    expect(secret.length).toBeGreaterThan(2);
    for (const line of secret) expect(line).toMatch(/: \$\{[A-Z_]+:\?[^}]+\}$/);
    const inAddresses = [...FILE.matchAll(/:\/\/(?:\$\{\w+:-\w+\}|\w+):([^@\s]+(?: [^@\n]*)?)@/g)].map(
      ([, password]) => password,
    );
    expect(inAddresses).toEqual(
      [
        'COUNTERSIGN_SERVICE_PASSWORD',
        'COUNTERSIGN_DB_PASSWORD',
        'POSTGRES_PASSWORD',
        'SELLING_OFFICE_DB_PASSWORD',
        'DISTRIBUTING_COMPANY_DB_PASSWORD',
      ].map((name) => `\${${name}:?run npm run secrets}`),
    );
  });

  test('runs the real Temporal server, from pinned images', () => {
    const images = Object.values(services()).map(({ image }) => image);
    expect(services()['temporal']?.image).toMatch(/^temporalio\/server:/);
    expect(FILE).not.toContain('start-dev');
    for (const image of images.filter((name) => !name.startsWith('countersign'))) expect(image).toMatch(/:\d+\.\d+/);
  });

  test('API, worker and the one-shot migrations are separate services', () => {
    const { api, worker, migrations } = services();
    expect(api?.command).toEqual(['node', 'api/main.ts']);
    expect(worker?.command).toEqual(['node', 'workers/main.ts']);
    expect(migrations?.command).toEqual(['node', 'scripts/migrate.ts']);
    const afterMigrations = { migrations: { condition: 'service_completed_successfully' } };
    expect(api?.depends_on).toMatchObject(afterMigrations);
    expect(worker?.depends_on).toMatchObject(afterMigrations);
    const { DATABASE_OWNER_URL: _owner, ...shared } = migrations?.environment ?? { none: 'at all' };
    expect(worker?.environment).toMatchObject(shared);
  });

  test('the owner of the database is known to the migrations alone', () => {
    const { migrations, ...others } = services();
    const [, password = 'none'] =
      /^postgres:\/\/countersign:(\w+)@/.exec(migrations?.environment?.['DATABASE_OWNER_URL'] ?? '') ?? [];
    expect(readFileSync(join(compose.folder, '.env'), 'utf8')).toContain(`\nCOUNTERSIGN_DB_PASSWORD=${password}\n`);
    for (const name of ['api', 'worker'])
      expect(others[name]?.environment?.['DATABASE_URL']).toMatch(
        /^postgres:\/\/countersign_service:\w+@postgres:5432\/countersign$/,
      );
    expect(JSON.stringify(others)).not.toMatch(new RegExp(`${password}|DATABASE_OWNER_URL|COUNTERSIGN_DB_PASSWORD`));
  });

  test('another password or login in .env replaces the containers of who logs in with it, and not that of PostgreSQL', () => {
    const another = { ...NEEDED, COUNTERSIGN_SERVICE_LOGIN: 'countersign_service_b', TEMPORAL_DB_LOGIN: 'temporal_b' };
    const passwords = ['POSTGRES', 'COUNTERSIGN_DB', 'COUNTERSIGN_SERVICE', 'TEMPORAL_DB'].map(
      (of) => `${of}_PASSWORD`,
    );
    const env = { ...another, ...Object.fromEntries(passwords.map((name) => [name, 'another'])) };
    const { postgres, ...now } = services(env);
    expect(postgres).toEqual(services()['postgres']);
    const first = (postgres?.secrets ?? []).map(({ source }) => compose.secrets()[source]?.environment);
    expect(first).toEqual(passwords);
    expect(now['worker']?.environment?.['DATABASE_URL']).toBe(
      'postgres://countersign_service_b:another@postgres:5432/countersign',
    );
    expect(now['temporal']?.environment).toMatchObject({ POSTGRES_USER: 'temporal_b', POSTGRES_PWD: 'another' });
    expect(now['temporal-schema']?.environment).toMatchObject({ SQL_USER: 'temporal_b', SQL_PASSWORD: 'another' });
  });

  test('every service that stays has a health check, and API and worker can be many', () => {
    const { postgres, temporal, api, worker } = services();
    for (const service of [postgres, temporal, api, worker])
      expect(service?.healthcheck?.test.length).toBeGreaterThan(1);
    for (const service of [api, worker]) {
      expect(service?.container_name).toBeUndefined();
      expect(service?.deploy).toMatchObject({ replicas: 1 });
    }
    const many = services({ ...NEEDED, API_REPLICAS: '3', API_PORTS: '3000-3002', WORKER_REPLICAS: '4' });
    const { api: threeApis, worker: fourWorkers } = many;
    expect([threeApis?.deploy?.replicas, fourWorkers?.deploy?.replicas]).toEqual([3, 4]);
  });
});

const SITES = ['selling-office', 'distributing-company'] as const;

describe("the parties' own servers", () => {
  test('are there with their profile only, and are what Compose accepts', () => {
    expect(parse(FILE, { profiles: ['sites'] })).toMatchObject({ code: 0, said: '' });
    const beside = Object.keys(withSites()).filter((name) => !Object.hasOwn(services(), name));
    expect(beside.toSorted()).toEqual(['distributing-company', 'prepare-sites', 'selling-office']);
  });

  test.each(SITES)('%s starts after its database is there, with a health check', (name) => {
    const site = withSites()[name];
    expect(site).toMatchObject({ command: ['node', `sites/${name}/main.ts`], read_only: true });
    expect(site?.depends_on).toMatchObject({ 'prepare-sites': { condition: 'service_completed_successfully' } });
    const port = site?.environment?.['SITE_PORT'];
    expect(site?.healthcheck?.test.at(-1)).toContain(`http://127.0.0.1:${port}/health`);
    expect(withSites()['prepare-sites']?.environment).toMatchObject({
      [`${name.toUpperCase().replace('-', '_')}_URL`]: `http://${name}:${port}`,
      [`${name.toUpperCase().replace('-', '_')}_DATABASE_URL`]: site?.environment?.['SITE_DATABASE_URL'],
    });
  });

  test.each(SITES)("%s has its own secrets and nothing of the office's or the other's", (name) => {
    const { [name]: site, ...others } = withSites();
    expect(site?.volumes).toEqual([
      { type: 'bind', source: join(compose.folder, 'secrets', name), target: '/run/keys', read_only: true },
    ]);
    const { SITE_KEY_FILE, OFFICE_API_KEY_FILE } = site?.environment ?? {};
    expect([SITE_KEY_FILE, OFFICE_API_KEY_FILE]).toEqual(['/run/keys/key.json', '/run/keys/api-key']);
    expect(Object.keys(site?.networks ?? {})).toEqual(['sites']);
    const [, password = 'none'] = /:\/\/\w+:(\w+)@/.exec(site?.environment?.['SITE_DATABASE_URL'] ?? '') ?? [];
    for (const [other, { environment, secrets, volumes }] of Object.entries(others)) {
      if (other === 'prepare-sites') continue;
      expect(JSON.stringify(environment ?? {})).not.toContain(password);
      expect(JSON.stringify([secrets ?? [], volumes ?? []])).not.toContain(name);
    }
    for (const secret of [
      'master-key',
      'echeck-keys',
      'secrets/keys',
      'TEMPORAL',
      'TOKEN_',
      'countersign_service',
      'OWNER',
    ])
      expect(JSON.stringify(site)).not.toContain(secret);
  });

  test('Temporal and its UI are on no network of theirs', () => {
    const { temporal, 'temporal-ui': ui } = withSites();
    for (const service of [temporal, ui]) expect(Object.keys(service?.networks ?? {})).toEqual(['default']);
  });

  test('API and worker may send to them, though their addresses are private', () => {
    for (const name of ['api', 'worker']) {
      const { privateSites, webhookPrivateTargets } = parseSettings(services()[name]?.environment ?? {});
      expect({ privateSites, webhookPrivateTargets }).toEqual({
        privateSites: ['http://selling-office:4100', 'http://distributing-company:4200'],
        webhookPrivateTargets: false,
      });
    }
  });

  test.each(SITES)('the key of %s that `npm run secrets` makes signs as its server reads it', async (name) => {
    const key = await loadSiteKey(join(compose.folder, 'secrets', name, 'key.json'));
    const jws = await key.sign('party-receipt+jwt', { verdict: 'received' });
    await expect(compactVerify(jws, createLocalJWKSet(await key.publicJwks()))).resolves.toBeDefined();
    expect(readFileSync(join(compose.folder, 'secrets', name, 'api-key'), 'utf8')).toMatch(/^csk_[\w-]{43}\n$/);
  });
});

test('keys that a former version had beside each other are moved into their folders, and never made anew', () => {
  const folder = mkdtempSync(join(runFolder(), 'former-'));
  const former = ['master-key.json', 'echeck-keys.json', 'selling-office-key.json', 'distributing-company-api-key'];
  mkdirSync(join(folder, 'secrets'));
  for (const name of former) writeFileSync(join(folder, 'secrets', name), `of ${name}`);
  execFileSync(process.execPath, ['scripts/make-secrets.ts', folder], { cwd: PROJECT });
  const now = [
    'keys/master-key.json',
    'keys/echeck-keys.json',
    'selling-office/key.json',
    'distributing-company/api-key',
  ];
  expect(now.map((name) => readFileSync(join(folder, 'secrets', name), 'utf8'))).toEqual(
    former.map((name) => `of ${name}`),
  );
  expect(former.filter((name) => existsSync(join(folder, 'secrets', name)))).toEqual([]);
  rmSync(folder, { recursive: true });
});
