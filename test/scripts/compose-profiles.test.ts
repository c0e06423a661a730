import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  composeFolder,
  FILE,
  NEEDED,
  OWN_DATABASE,
  OWN_TEMPORAL,
  type Compose,
  type Services,
} from '../support/compose.ts';
import { parseSettings } from '../../platform/settings.ts';
import { PROJECT } from './support.ts';

/* What docker-compose.yml starts beside the plain service, and how it runs on engines that are elsewhere. */

let compose: Compose;
beforeAll(() => {
  compose = composeFolder();
});
afterAll(() => rmSync(compose.folder, { recursive: true }));

const PROFILES = {
  sites: ['distributing-company', 'prepare-sites', 'selling-office'],
  upgrade: ['migrations-next', 'worker-next'],
  tools: ['tools'],
  codec: ['codec'],
  monitoring: ['alertmanager', 'grafana', 'otel-collector', 'prometheus'],
} as const;
const ALL = Object.keys(PROFILES);
const PLAIN = ['api', 'migrations', 'postgres', 'temporal', 'temporal-schema', 'temporal-ui', 'worker'];

const everything = (): Services => compose.services({ profiles: ALL });

/** Every selection of the profiles. */
const selections = ALL.reduce<string[][]>((some, one) => [...some, ...some.map((chosen) => [...chosen, one])], [[]]);

describe('the profiles', () => {
  test.each(selections.map((chosen) => [chosen.join(', ') || 'none', chosen] as const))(
    '%s: what is there, and nothing else',
    (_names, chosen) => {
      const beside = Object.entries(PROFILES).flatMap(([name, theirs]) => (chosen.includes(name) ? [...theirs] : []));
      expect(Object.keys(compose.services({ profiles: chosen })).toSorted()).toEqual([...PLAIN, ...beside].toSorted());
    },
  );

  test('every file and folder that is mounted is in the repository, or made by `npm run secrets`', () => {
    const binds = Object.values(everything()).flatMap(({ volumes = [] }) =>
      volumes.filter(({ type }) => type === 'bind'),
    );
    expect(binds.length).toBeGreaterThan(8);
    for (const { source } of binds) expect({ source, there: existsSync(source) }).toEqual({ source, there: true });
  });
});

describe('what is exchanged while a container runs', () => {
  const secrets = (): string => join(compose.folder, 'secrets');

  test('is never mounted as a single file, which would stay the former one', () => {
    const staying = Object.entries(everything()).filter(([, { restart }]) => restart === 'unless-stopped');
    expect(staying.length).toBeGreaterThan(8);
    const files = staying.flatMap(([name, { volumes = [], secrets: given }]) => [
      ...volumes.filter(({ source }) => source.startsWith(secrets()) && !statSync(source).isDirectory()),
      ...(given ?? []).filter(({ source }) => compose.secrets({ profiles: ALL })[source]?.file !== undefined),
      ...volumes.filter(({ source, read_only }) => source.startsWith(secrets()) && read_only !== true).map(() => name),
    ]);
    expect(files).toEqual([]);
  });

  test.each(['api', 'worker', 'worker-next', 'tools', 'selling-office', 'distributing-company'])(
    'every key file that %s is told of lies in such a folder, made by `npm run secrets`',
    (name) => {
      const { environment = {}, volumes = [] } = everything()[name] ?? {};
      const named = Object.entries(environment).filter(([setting, file]) => setting.endsWith('_FILE') && file !== '');
      expect(named.length).toBe(2);
      for (const [, file] of named) {
        const folder = volumes.find(({ target }) => file.startsWith(`${target}/`));
        expect(existsSync(file.replace(folder?.target ?? 'nowhere', folder?.source ?? 'nowhere'))).toBe(true);
      }
    },
  );
});

const CLOUD = { ...NEEDED, TEMPORAL_ADDRESS: 'eu.tmprl.example:7233', TEMPORAL_NAMESPACE: 'orders.abc12' };
const DATABASE = {
  ...NEEDED,
  DATABASE_URL: 'postgres://countersign_service:a@db.example:5432/countersign',
  DATABASE_OWNER_URL: 'postgres://countersign:b@db.example:5432/countersign',
};
const SPEAK_TO_TEMPORAL = ['api', 'worker', 'worker-next', 'migrations', 'migrations-next', 'tools'];
const SERVICE = [...SPEAK_TO_TEMPORAL, 'codec'];

describe('engines that are elsewhere', () => {
  test('Temporal Cloud: nothing of Temporal runs here, and address, key and certificates reach every process', () => {
    const given = {
      ...CLOUD,
      TEMPORAL_API_KEY: 'key',
      TEMPORAL_TLS_CLIENT_CERT_PATH: '/run/temporal/client.pem',
      TEMPORAL_TLS_CLIENT_KEY_PATH: '/run/temporal/client.key',
      TEMPORAL_TLS_SERVER_NAME: 'frontend',
    };
    const services = compose.services({ env: given, profiles: ALL, overrides: [OWN_TEMPORAL] });
    expect(Object.keys(services).filter((name) => name.startsWith('temporal'))).toEqual([]);
    expect(Object.keys(services)).toContain('postgres');
    const { TOKEN_ISSUER: _issuer, TOKEN_JWKS_URL: _jwks, ...temporal } = given;
    const place = { source: join(compose.folder, 'secrets/temporal'), target: '/run/temporal' };
    for (const name of SPEAK_TO_TEMPORAL)
      expect(services[name]).toMatchObject({
        environment: temporal,
        volumes: expect.arrayContaining([expect.objectContaining(place)]),
      });
    expect(Object.keys(services['migrations']?.depends_on ?? {})).toEqual(['postgres']);
  });

  test('the codec server, which speaks to no Temporal, gets the name of the namespace and no right there', () => {
    const { codec } = compose.services({
      env: { ...CLOUD, TEMPORAL_API_KEY: 'key', TEMPORAL_TLS_CLIENT_KEY_DATA: 'data' },
      profiles: ['codec'],
      overrides: [OWN_TEMPORAL],
    });
    const named = Object.keys(codec?.environment ?? {}).filter((name) => name.startsWith('TEMPORAL_'));
    expect(named.toSorted()).toEqual(['TEMPORAL_NAMESPACE', 'TEMPORAL_UI_URL']);
    expect(codec?.environment).toMatchObject({ TEMPORAL_NAMESPACE: CLOUD.TEMPORAL_NAMESPACE });
    expect(codec?.volumes?.map(({ target }) => target)).toEqual(['/run/files']);
  });

  test('what .env does not have of Temporal reaches no process as an empty text, which would count', () => {
    const { api } = compose.services({ env: CLOUD, overrides: [OWN_TEMPORAL] });
    const named = Object.keys(api?.environment ?? {}).filter((name) => name.startsWith('TEMPORAL_'));
    expect(named.toSorted()).toEqual(['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE', 'TEMPORAL_UI_URL']);
  });

  test("a PostgreSQL of one's own: none runs here, Temporal's schema goes there, too, and the owner is for migrations alone", () => {
    const env = { ...DATABASE, TEMPORAL_DB_HOST: 'db.example' };
    const services = compose.services({ env, profiles: ALL, overrides: [OWN_DATABASE] });
    expect(Object.keys(services)).not.toContain('postgres');
    expect(services['temporal-schema']?.environment).toMatchObject({ SQL_HOST: 'db.example' });
    expect(services['temporal']?.environment).toMatchObject({ POSTGRES_SEEDS: 'db.example' });
    const owners = Object.keys(services).filter((name) => services[name]?.environment?.['DATABASE_OWNER_URL']);
    expect(owners.toSorted()).toEqual(['migrations', 'migrations-next']);
    for (const name of SERVICE)
      expect(services[name]?.environment).toMatchObject({ DATABASE_URL: DATABASE.DATABASE_URL });
  });

  test('both: only the service itself runs here', () => {
    const services = compose.services({ env: { ...CLOUD, ...DATABASE }, overrides: [OWN_DATABASE, OWN_TEMPORAL] });
    expect(Object.keys(services).toSorted()).toEqual(['api', 'migrations', 'worker']);
    expect(services['migrations']?.depends_on ?? {}).toEqual({});
  });

  test.each([
    [OWN_TEMPORAL, 'TEMPORAL_ADDRESS', CLOUD, 'name host:port of your Temporal'],
    [OWN_TEMPORAL, 'TEMPORAL_NAMESPACE', CLOUD, 'name the namespace'],
    [OWN_DATABASE, 'DATABASE_URL', DATABASE, 'name the database with the login of the service'],
    [OWN_DATABASE, 'DATABASE_OWNER_URL', DATABASE, 'name the database with the login of its owner'],
  ])('%s without %s says what to do', (file, name, { ...env }, words) => {
    const { [name]: _left, ...rest }: Record<string, string> = env;
    expect(compose.parse(FILE, { env: rest, overrides: [file] })).toMatchObject({
      code: 1,
      said: expect.stringContaining(`${name} is missing a value: ${words}`),
    });
  });
});

describe('the second slot of workers', () => {
  const NEXT = {
    ...NEEDED,
    COUNTERSIGN_VERSION: 'v1',
    WORKER_DEPLOYMENT_NAME: 'countersign',
    WORKER_BUILD_ID: 'v1',
    COUNTERSIGN_NEXT_VERSION: 'v2',
    WORKER_NEXT_BUILD_ID: 'v2',
    WORKER_REPLICAS: '4',
  };

  test("is the first with another image and build, as many, after that release's migrations", () => {
    const { worker, ...others } = compose.services({ env: NEXT, profiles: ['upgrade'] });
    const { 'worker-next': next, 'migrations-next': migrations } = others;
    expect([worker?.image, next?.image, migrations?.image]).toEqual([
      'countersign:v1',
      'countersign:v2',
      'countersign:v2',
    ]);
    expect(next).toEqual({
      ...worker,
      image: 'countersign:v2',
      profiles: ['upgrade'],
      environment: { ...worker?.environment, WORKER_BUILD_ID: 'v2' },
      depends_on: { 'migrations-next': { condition: 'service_completed_successfully' } },
    });
    expect(migrations?.command).toEqual(others['migrations']?.command);
  });

  test('the API follows when it is told to', () => {
    const image = (env: Record<string, string>) => compose.services({ env: { ...NEXT, ...env } })['api']?.image;
    expect([image({}), image({ COUNTERSIGN_API_VERSION: 'v2' })]).toEqual(['countersign:v1', 'countersign:v2']);
  });
});

describe('monitoring', () => {
  test('what is scraped is where the processes show their metrics, and no published port', () => {
    const services = everything();
    const scraped = readFileSync(join(PROJECT, 'deploy/monitoring/prometheus.yml'), 'utf8').matchAll(
      /names: \[([^\]]+)\][\s\S]*?port: (\d+)/g,
    );
    const places = [...scraped].flatMap(([, names = '', port = '']) => names.split(', ').map((name) => [name, port]));
    expect(places.map(([name]) => name)).toEqual(['api', 'worker', 'worker-next']);
    for (const [name = '', port] of places) {
      const { environment = {}, ports = [], networks } = services[name] ?? {};
      expect(environment[name === 'api' ? 'METRICS_ADDRESS' : 'WORKER_METRICS_ADDRESS']).toBe(`0.0.0.0:${port}`);
      expect(ports.map(({ target }) => String(target))).not.toContain(port);
      expect(Object.keys(networks ?? {})).toContain('monitoring');
    }
  });

  test('its services see neither databases nor Temporal, and are published on this host alone', () => {
    const services = everything();
    for (const name of PROFILES.monitoring) {
      expect(Object.keys(services[name]?.networks ?? {})).toEqual(['monitoring']);
      for (const { host_ip } of services[name]?.ports ?? []) expect(host_ip).toBe('127.0.0.1');
    }
    for (const name of ['postgres', 'temporal', 'temporal-ui'])
      expect(Object.keys(services[name]?.networks ?? {})).not.toContain('monitoring');
  });

  test('nobody enters Grafana without the password that `npm run secrets` made', () => {
    const { environment } = everything()['grafana'] ?? {};
    expect(environment).toMatchObject({
      GF_SECURITY_ADMIN_PASSWORD: expect.stringMatching(/^\w{48}$/),
      GF_AUTH_ANONYMOUS_ENABLED: 'false',
      GF_USERS_ALLOW_SIGN_UP: 'false',
    });
  });
});

describe('bounds', () => {
  test('every service has a limit of processor, memory and log', () => {
    for (const [name, { deploy, logging }] of Object.entries(everything())) {
      const { cpus = 0, memory = '0' } = deploy?.resources?.limits ?? {};
      expect({ name, bounded: cpus > 0 && Number(memory) > 0 }).toEqual({ name, bounded: true });
      expect({ name, logging }).toEqual({
        name,
        logging: { driver: 'json-file', options: { 'max-size': '20m', 'max-file': '5' } },
      });
    }
  });

  test('what we build runs without rights, on a read-only file system', () => {
    for (const [name, { image, read_only, cap_drop }] of Object.entries(everything()))
      if (image.startsWith('countersign'))
        expect({ name, read_only, cap_drop }).toEqual({ name, read_only: true, cap_drop: ['ALL'] });
  });

  test('a process has the time to finish what it took, and ten seconds to spare', () => {
    const services = everything();
    const [, drain = ''] = /DRAIN_MS = ([\d_]+)/.exec(readFileSync(join(PROJECT, 'api/serve.ts'), 'utf8')) ?? [];
    const needed = (parseSettings({}).drainPauseMs + Number(drain.replaceAll('_', ''))) / 1000;
    expect(needed).toBeGreaterThan(20);
    for (const name of ['api', 'worker', 'worker-next'])
      expect(parseInt(services[name]?.stop_grace_period ?? '')).toBeGreaterThanOrEqual(needed + 10);
  });
});
