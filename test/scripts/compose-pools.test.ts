import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseSettings } from '../../platform/settings.ts';
import { composeFolder, NEEDED, type Compose, type Service, type Services } from '../support/compose.ts';
import { PROJECT } from './support.ts';

/* Whoever opens connections to the one PostgreSQL of docker-compose.yml, added up from the file itself. */

let compose: Compose;
beforeAll(() => {
  compose = composeFolder();
});
afterAll(() => rmSync(compose.folder, { recursive: true }));

/** As it is added up in docs/production.md: who, how many of them, and how many connections each. */
type Row = readonly [who: string, count: number, each: number];

/** Temporal's server in one container is four services, each with a pool to either of its two stores. */
const SERVICES_OF_TEMPORAL = 4;
/** Of a site: the pool of client/site-database.ts. */
const SITE_POOL = 10;
/** Of the codec server: api/codec/main.ts. */
const CODEC_POOL = 2;
/** A command: client and listener of `cli/`; so many at a time. */
const COMMANDS = 5;

const replicasOf = ({ deploy }: Partial<Service> = {}): number => deploy?.replicas ?? 1;
/** A process opens its pool, and one connection that listens. */
const poolOf = ({ environment }: Partial<Service> = {}): number =>
  parseSettings({ DATABASE_POOL: environment?.['DATABASE_POOL'] }).databasePool + 1;

function rowsOf({ api, worker, 'worker-next': next, temporal }: Services): Row[] {
  const limit = (name: string): number => Number(temporal?.environment?.[name]);
  return [
    ['`api`', replicasOf(api), poolOf(api)],
    ['`worker`', replicasOf(worker), poolOf(worker)],
    ['`worker-next`, during an upgrade', replicasOf(next), poolOf(next)],
    ['`migrations`, `migrations-next`', 2, 3],
    ['commands in `tools` at a time', COMMANDS, 2],
    ['`codec`', 1, CODEC_POOL],
    ['Temporal, its store', SERVICES_OF_TEMPORAL, limit('SQL_MAX_CONNS')],
    ['Temporal, its visibility store', SERVICES_OF_TEMPORAL, limit('SQL_VIS_MAX_CONNS')],
    ['`temporal-schema`, health check', 2, 1],
    ['`selling-office`, `distributing-company`', 2, SITE_POOL],
    ['`prepare-sites`', 1, 3],
    ['kept back for administrators', 1, 3],
  ];
}

const sumOf = (rows: readonly Row[]): number => rows.reduce((sum, [, count, each]) => sum + count * each, 0);

function allowedBy({ postgres }: Services): number {
  const [, given = ''] = /max_connections=(\d+)/.exec((postgres?.command ?? []).join(' ')) ?? [];
  return Number(given);
}

const page = readFileSync(join(PROJECT, 'docs/production.md'), 'utf8');

/** The example of the page: so many of each. */
function documented(): Services {
  const [, API_REPLICAS = '', API_PORTS = '', WORKER_REPLICAS = ''] =
    /API_REPLICAS=(\d+) API_PORTS=([\d-]+) WORKER_REPLICAS=(\d+) docker compose up -d/.exec(page) ?? [];
  const env = { ...NEEDED, API_REPLICAS, API_PORTS, WORKER_REPLICAS };
  return compose.services({ env, profiles: ['sites', 'upgrade', 'tools'] });
}

describe('the connections to PostgreSQL', () => {
  test('of the documented example all fit, in the middle of an upgrade, too', () => {
    const services = documented();
    const rows = rowsOf(services);
    expect(rows.slice(0, 3).map(([, count]) => count)).toEqual([3, 4, 4]);
    for (const [who, count, each] of rows) expect({ who, known: count * each > 0 }).toEqual({ who, known: true });
    expect(sumOf(rows)).toBeLessThanOrEqual(allowedBy(services));
  });

  test('are added up on the page as they are here', () => {
    const services = documented();
    const rows = rowsOf(services);
    const lines = rows.map(([who, count, each]) => `| ${who} | ${count} | ${each} | ${count * each} |`);
    const sum = `| **together** | | | **${sumOf(rows)}** of ${allowedBy(services)} |`;
    for (const line of [...lines, sum]) expect(page.replaceAll(/ +/g, ' ')).toContain(line);
  });

  test('of far more processes do not fit: the sum is no formality', () => {
    const env = { ...NEEDED, API_REPLICAS: '20', API_PORTS: '3000-3019', WORKER_REPLICAS: '20' };
    const services = compose.services({ env, profiles: ['sites', 'upgrade', 'tools'] });
    expect(sumOf(rowsOf(services))).toBeGreaterThan(allowedBy(services));
  });

  test('more of them, larger pools and a larger server are one variable each', () => {
    const env = { ...NEEDED, DATABASE_POOL: '25', POSTGRES_MAX_CONNECTIONS: '700', TEMPORAL_SQL_MAX_CONNS: '40' };
    const services = compose.services({ env, profiles: ['upgrade'] });
    expect([allowedBy(services), poolOf(services['api']), poolOf(services['worker-next'])]).toEqual([700, 26, 26]);
    expect(services['temporal']?.environment).toMatchObject({ SQL_MAX_CONNS: '40', SQL_MAX_IDLE_CONNS: '40' });
  });
});
