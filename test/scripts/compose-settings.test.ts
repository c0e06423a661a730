import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { composeFolder, type Compose } from '../support/compose.ts';
import { PROJECT } from './support.ts';

let compose: Compose;
beforeAll(() => {
  compose = composeFolder();
});
afterAll(() => rmSync(compose.folder, { recursive: true }));

/** Settings that have no place in the environment of docker-compose.yml, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  PORT: 'of the image: the published port is API_PORTS',
  HOST: 'of the image',
  DATA_DIR: 'nothing is written there',
  TEMPORAL_PORT: 'embedded mode',
  TEMPORAL_UI_PORT: 'embedded mode; here the published port of the UI',
  DATABASE_URL_FILE: 'the address is put together from .env',
  DATABASE_OWNER_URL: 'the migrations alone',
  DATABASE_OWNER_URL_FILE: 'the migrations alone',
  DATABASE_DIRECT_URL: 'there is no pooler: deploy/compose/own-database.yml',
  DATABASE_DIRECT_URL_FILE: 'there is no pooler',
  CODEC_ADDRESS: 'the codec server alone',
  CODEC_ORIGINS: 'the codec server alone',
  SITES: 'npm start',
  SELLING_OFFICE_PORT: 'npm start',
  DISTRIBUTING_COMPANY_PORT: 'npm start',
  DEMO_DRIVE_SECONDS: 'the distributing company alone',
  OTEL_SERVICE_NAME: 'each kind of process has a name of its own',
  EMBEDDED: 'npm start',
};

/** Of one kind of process each. */
const OF_ONE = {
  METRICS_ADDRESS: 'api',
  WORKER_METRICS_ADDRESS: 'worker',
  WORKER_DEPLOYMENT_NAME: 'worker',
  WORKER_BUILD_ID: 'worker',
};

const settings = [...readFileSync(join(PROJECT, 'docs/settings.md'), 'utf8').matchAll(/^\| `([A-Z_]+)` \|/gm)].map(
  ([, name = '']) => name,
);

test('every setting of the service reaches its containers, or is left out for a reason', () => {
  const services = compose.services({ profiles: ['tools', 'upgrade'] });
  const expected = settings.filter((name) => !(name in LEFT_OUT)).toSorted();
  const { api, worker } = services;
  expect(Object.keys({ ...api?.environment, ...worker?.environment }).toSorted()).toEqual(expected);
  const shared = expected.filter((name) => !(name in OF_ONE));
  for (const name of ['api', 'worker', 'worker-next', 'migrations', 'tools'])
    expect({ name, keys: Object.keys(services[name]?.environment ?? {}) }).toEqual({
      name,
      keys: expect.arrayContaining(shared),
    });
  for (const [name, process] of Object.entries(OF_ONE))
    expect(Object.keys(services[process]?.environment ?? {})).toContain(name);
});

test('what is left out is a setting', () => {
  expect(Object.keys(LEFT_OUT).filter((name) => !settings.includes(name))).toEqual([]);
});

test('what .env says reaches them as it stands', () => {
  const free = Object.keys(compose.services()['api']?.environment ?? {});
  const fixed = ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'MASTER_KEY_FILE', 'ECHECK_KEYS_FILE', 'METRICS_ADDRESS'];
  const given = Object.fromEntries(free.filter((name) => !fixed.includes(name)).map((name) => [name, `of ${name}`]));
  expect(compose.services({ env: given })['api']?.environment).toMatchObject(given);
});
