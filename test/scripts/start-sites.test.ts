import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { z } from 'zod';
import { argumentsOf } from '../../platform/embedded/process.ts';
import {
  instanceSettings,
  killParts,
  partsOf,
  PROJECT,
  removeInstance,
  run,
  untilReady,
  type Started,
} from './support.ts';
import { PATIENCE_MS, until } from '../support/until.ts';

/*
 * `npm start` as it comes: the office, a selling office and a distributing company, each a server of its own. Orders go over all of
 * them, whichever ends and comes back meanwhile.
 */
const tokens = z.object({ tokens: z.array(z.object({ party: z.string(), token: z.string() })) });
const order = z.object({ id: z.string(), stage: z.string() });
const messages = z.object({
  data: z.array(z.object({ kind: z.string(), to: z.string(), verdict: z.string().nullable() })),
});
const SITES = ['selling-office', 'distributing-company'] as const;
type Site = (typeof SITES)[number];

let settings: Awaited<ReturnType<typeof instanceSettings>> & { DEMO_DRIVE_SECONDS: string };
const started: Started[] = [];
beforeAll(async () => {
  settings = { ...(await instanceSettings()), SITES: 'on', DEMO_DRIVE_SECONDS: '1' };
});
afterAll(() => removeInstance(settings.DATA_DIR, started));

async function start(changes: Record<string, string> = {}): Promise<Started> {
  const service = run('scripts/start.ts', { ...settings, LOG_LEVEL: 'info', SECRET_OF_OURS: 'secret', ...changes });
  started.push(service);
  await untilReady(service);
  expect(service.output()).toContain('Countersign is ready');
  return service;
}

async function ask(party: string, method: string, path: string, body?: object): Promise<unknown> {
  const api = `http://127.0.0.1:${settings.PORT}`;
  const demo = tokens.parse(await (await fetch(`${api}/dev/tokens`)).json());
  const headers = {
    Authorization: `Bearer ${demo.tokens.find((one) => one.party === party)?.token}`,
    'Content-Type': 'application/json',
    ...(method === 'POST' && { 'Idempotency-Key': `sites-${process.hrtime.bigint()}` }),
  };
  const response = await fetch(api + path, { method, headers, body: body && JSON.stringify(body) });
  return response.json();
}

async function placeOrder(): Promise<string> {
  const offers = z.object({ data: z.array(z.object({ sku: z.string() })) });
  const offered = await until(
    async () => offers.parse(await ask('buyer-ada', 'GET', '/v1/sellers/seller-loom/commodities')).data[0],
    { what: 'an offer of the selling office' },
  );
  const placed = await ask('buyer-ada', 'POST', '/v1/orders', {
    sellerId: 'seller-loom',
    distributorId: 'distributor-rail',
    lines: [{ sku: offered.sku, quantity: 1 }],
    deliverTo: { name: 'Ada', street: 'Hauptstr. 1', city: 'Berlin', postalCode: '10115', country: 'DE' },
  });
  return order.parse(placed).id;
}

async function untilCompleted(id: string): Promise<void> {
  await until(
    () => ask('operator-olga', 'GET', `/v1/orders/${id}`).catch(String),
    (answer) => order.safeParse(answer).data?.stage === 'completed',
    { patienceMs: 2 * PATIENCE_MS },
  );
}

function processOf(site: Site): number | undefined {
  const isIts = (pid: number): boolean =>
    argumentsOf(pid)?.some((part) => part.includes(`sites/${site}/main.ts`)) ?? false;
  return partsOf(settings.DATA_DIR).find(isIts);
}

function runningOf(site: Site): number {
  const pid = processOf(site);
  if (pid === undefined) throw new Error(`${site} does not run`);
  return pid;
}

const fileOf = (name: string): string => readFileSync(join(settings.DATA_DIR, name), 'utf8');
const portOf = (site: Site): number => JSON.parse(fileOf('sites/ports.json'))[site][0];

describe('npm start', () => {
  test('from nothing: an order goes over four servers until it is completed, each transmission with its receipt', async () => {
    const service = await start();
    for (const [role, site, party] of [
      ['seller', 'selling-office', 'seller-loom'],
      ['distributor', 'distributing-company', 'distributor-rail'],
    ] as const)
      // A site that takes longer than the greeting waits is said to be on its way.
      expect(service.output()).toMatch(
        new RegExp(`${role} +(http://127\\.0\\.0\\.1:${portOf(site)}|not up yet, tried again) \\(${party}\\)`),
      );
    const id = await placeOrder();
    await untilCompleted(id);
    const { data } = messages.parse(await ask('operator-olga', 'GET', `/v1/orders/${id}/messages`));
    expect(data.map(({ kind, to, verdict }) => `${kind} ${to} ${verdict}`).toSorted()).toEqual([
      'completed seller-loom received',
      'instruction distributor-rail scheduled',
      'paid seller-loom received',
      'payment_indicated seller-loom received',
      'presentation seller-loom promised',
    ]);
  });

  test.each(SITES)(
    "%s is given nothing of the office's, and of our environment only what every program needs",
    (site) => {
      const environment = readFileSync(`/proc/${processOf(site)}/environ`, 'utf8')
        .split('\0')
        .filter(Boolean);
      const given = Object.fromEntries(environment.map((entry) => [entry.slice(0, entry.indexOf('=')), entry]));
      const own = Object.keys(given).filter((name) => /^(SITE|OFFICE|DEMO)_/.test(name));
      const others = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'TZ', 'NODE_COMPILE_CACHE', 'LOG_LEVEL', 'NODE_CHANNEL_FD'];
      const unknown = Object.keys(given).filter((name) => !own.includes(name) && !others.includes(name));
      expect(unknown.filter((name) => !name.startsWith('NODE_CHANNEL_'))).toEqual([]);
      expect(own.toSorted()).toEqual([
        ...(site === 'distributing-company' ? ['DEMO_DRIVE_SECONDS'] : []),
        'OFFICE_API_KEY_FILE',
        'OFFICE_ISSUER',
        'OFFICE_URL',
        'SITE_DATABASE_URL',
        'SITE_HOST',
        'SITE_KEY_FILE',
        'SITE_PARTY_ID',
        'SITE_PORT',
      ]);
    },
  );

  test.each(SITES)('%s reads its own folder and program, and no key, log or program of anybody else', (site) => {
    const other = SITES.find((name) => name !== site) ?? site;
    const options = argumentsOf(runningOf(site))?.filter((option) => /^--(permission|allow-)/.test(option)) ?? [];
    expect(options).toContain('--permission');
    const tried = (program: string): string =>
      execFileSync(
        process.execPath,
        [...options, '-e', `try { ${program}; console.log('done') } catch (error) { console.log(error.code) }`],
        {
          encoding: 'utf8',
        },
      ).trim();
    const read = (file: string): string => tried(`require('fs').readFileSync(${JSON.stringify(file)})`);
    const kept = (name: string): string => read(join(settings.DATA_DIR, name));
    expect([kept(`sites/${site}/api-key`), read(`${PROJECT}sites/${site}/main.ts`)]).toEqual(['done', 'done']);
    const theirs = [
      'keys/database-login.json',
      'keys/master.jwk.json',
      'postgres.password',
      'logs/api.log',
      'sites/ports.json',
    ];
    for (const name of [...theirs, `sites/${other}/api-key`, `sites/${other}/key.jwk.json`])
      expect([name, kept(name)]).toEqual([name, 'ERR_ACCESS_DENIED']);
    for (const file of [`${PROJECT}office/open.ts`, `${PROJECT}sites/${other}/main.ts`, '/etc/passwd'])
      expect([file, read(file)]).toEqual([file, 'ERR_ACCESS_DENIED']);
    expect(tried(`require('fs').writeFileSync(${JSON.stringify(join(settings.DATA_DIR, 'cache', 'x'))}, '')`)).toBe(
      'ERR_ACCESS_DENIED',
    );
    expect(tried(`require('child_process').execSync('id')`)).toBe('ERR_ACCESS_DENIED');
  });

  test('the three addresses of databases that its processes have open their own one only', async () => {
    const port = fileOf('postgres.port').trim();
    const logins = ['keys/database-login.json', ...SITES.map((site) => `sites/${site}/database.json`)].map((file) =>
      z.object({ user: z.string(), password: z.string() }).parse(JSON.parse(fileOf(file))),
    );
    const databases = ['countersign', 'selling_office', 'distributing_company'];
    const opened = await Promise.all(
      logins.map(async ({ user, password }) => {
        const entered = [];
        for (const database of databases) {
          const client = new Client({ host: '127.0.0.1', port: Number(port), user, password, database });
          const entry = await client.connect().then(
            () => database,
            () => undefined,
          );
          if (entry !== undefined) entered.push(entry);
          await client.end().catch(() => {});
        }
        return entered;
      }),
    );
    expect(opened).toEqual(databases.map((database) => [database]));
  });

  test.each(SITES)(
    '%s that is killed while an order is on its way is back, and the order is completed',
    async (site) => {
      const service = started.at(-1);
      const before = service?.output().length ?? 0;
      const said = (): string => service?.output().slice(before) ?? '';
      const id = await placeOrder();
      process.kill(runningOf(site), 'SIGKILL');
      await until(() => said().includes(`${site} is back after`), { seen: said });
      expect(said()).toContain(`${site} ended (SIGKILL): starting it again`);
      await untilCompleted(id);
    },
  );

  test('after kill -9 of all its processes the next start goes on, at the same addresses', async () => {
    const first = started.at(-1);
    const ports = SITES.map(portOf);
    const id = await placeOrder();
    first?.child.kill('SIGKILL');
    killParts(settings.DATA_DIR);
    await first?.ended();
    await start();
    expect(SITES.map(portOf)).toEqual(ports);
    await untilCompleted(id);
  });

  test('SIGTERM ends them after the worker, and nothing is left', async () => {
    const service = started.at(-1);
    service?.child.kill('SIGTERM');
    expect(await service?.ended()).toBe(0);
    const ended = ['api', 'worker', 'selling-office', 'distributing-company', 'temporal', 'database'];
    expect(service?.output().endsWith(ended.map((part) => `${part}: stopped\n`).join(''))).toBe(true);
    expect(partsOf(settings.DATA_DIR)).toEqual([]);
  });

  test('a port that somebody else has taken meanwhile is left to them: the site moves, and its registration with it', async () => {
    const former = portOf('selling-office');
    const other = await listening(former);
    try {
      await start();
      const moved = portOf('selling-office');
      expect(moved).not.toBe(former);
      const registered = await ask('operator-olga', 'GET', '/v1/registry/sellers/seller-loom?limit=1');
      expect(registered).toMatchObject({ agent: 'site', site: { url: `http://127.0.0.1:${moved}` } });
      await untilCompleted(await placeOrder());
    } finally {
      other.close();
      started.at(-1)?.child.kill('SIGTERM');
      await started.at(-1)?.ended();
    }
  });

  test('with SITES=off neither runs, and the folder is good for a start without them', async () => {
    const service = await start({ SITES: 'off' });
    expect(service.output()).not.toMatch(/seller-loom|distributor-rail|selling-office/);
    expect(SITES.map(processOf)).toEqual([undefined, undefined]);
    service.child.kill('SIGTERM');
    expect(await service.ended()).toBe(0);
  });

  test('a port of the settings that is taken is named in one line', async () => {
    const other = await listening(0);
    const address = other.address();
    const port = String(typeof address === 'object' ? address?.port : 0);
    const service = run('scripts/start.ts', { ...settings, SELLING_OFFICE_PORT: port });
    started.push(service);
    expect(await service.ended()).toBe(1);
    other.close();
    expect(service.output().trim()).toBe(
      `port ${port} is taken: stop what uses it, or set SELLING_OFFICE_PORT to a free one`,
    );
  });
});

function listening(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(port, '127.0.0.1', () => resolve(server));
  });
}
