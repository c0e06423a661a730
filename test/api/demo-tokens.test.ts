import { request, type IncomingHttpHeaders } from 'node:http';
import { networkInterfaces } from 'node:os';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DEMO_PARTIES } from '../../api/auth/demo-issuer.ts';
import { createApp } from '../../api/app.ts';
import type { DemoToken } from '../../api/service/schema.ts';
import type { Role } from '../../domain/party.ts';
import { DEMO_DISTRIBUTOR } from '../../office/seed-data.ts';
import { isFromThisMachine, isLoopback } from '../../api/http/loopback.ts';
import { greeting } from '../../scripts/start/greeting.ts';
import { parseSettings } from '../../platform/settings.ts';
import { testApi, type TestApi } from './support.ts';

/* Who gets the tokens of the demo parties, the operator's among them: nobody but callers on this machine. */

let api: TestApi;
let everywhere: Server;
let port: number;
/** Addresses of this machine by which others reach it. */
const outside = Object.values(networkInterfaces())
  .flat()
  .flatMap((one) => (one && !one.internal && !one.address.startsWith('fe80') ? [one.address] : []));

beforeAll(async () => {
  api = await testApi();
  everywhere = createApp(api.deps).listen(0, '::');
  await new Promise((resolve) => everywhere.once('listening', resolve));
  ({ port } = everywhere.address() as AddressInfo);
});
afterAll(async () => {
  everywhere.closeAllConnections();
  await new Promise((resolve) => everywhere.close(resolve));
  await api.close();
});

interface Answered {
  readonly status: number;
  readonly text: string;
  readonly headers: IncomingHttpHeaders;
}

function get(host: string, headers: Record<string, string> = {}, path = '/dev/tokens'): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

function expectNothing({ status, text }: Answered): void {
  expect([status, JSON.parse(text).type]).toEqual([404, expect.stringMatching(/not-found$/)]);
  expect(text).not.toMatch(/eyJ/);
}

test.each(['127.0.0.1', '127.1.2.3', '::1'])(
  'a caller from %s that names this machine gets them, for no cache',
  async (host) => {
    const names = ['localhost', 'LOCALHOST', '127.0.0.1', '127.9.9.9', '[::1]', '[::ffff:127.0.0.1]'];
    for (const name of names) {
      const { status, text, headers } = await get(host, { Host: `${name}:${port}` });
      expect([name, status, JSON.parse(text).tokens?.length]).toEqual([name, 200, 6]);
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  },
);

test('this machine has an address by which others reach it', () => {
  expect(outside).not.toEqual([]);
});

describe.each(outside)('a caller at %s', (host) => {
  test.each<[string, Record<string, string>]>([
    ['as it comes', {}],
    ['that says it is this machine', { Host: 'localhost:PORT' }],
    ['that says so by address', { Host: '127.0.0.1:PORT' }],
    ['whose proxy says so', { Host: 'localhost:PORT', 'X-Forwarded-For': '127.0.0.1' }],
    ['whose proxy says so in the newer way', { Host: 'localhost:PORT', Forwarded: 'for=127.0.0.1;host=localhost' }],
    ['whose proxy names another host', { Host: 'localhost:PORT', 'X-Forwarded-Host': 'localhost', 'X-Real-IP': '::1' }],
  ])('%s gets nothing', async (_what, headers) => {
    expectNothing(await get(host, withPort(headers)));
  });

  test('reaches what is for everybody', async () => {
    expect((await get(host, {}, '/health/live')).status).toBe(200);
  });
});

describe('a caller on this machine', () => {
  test.each<[string, Record<string, string>]>([
    ['for a page of another name (DNS rebinding)', { Host: 'rebound.example:PORT' }],
    ['for a name that only looks like this machine', { Host: 'localhost.rebound.example:PORT' }],
    ['for a name that begins like an address', { Host: '127.0.0.1.rebound.example:PORT' }],
    ['for a name with a user in it', { Host: 'localhost@rebound.example:PORT' }],
    ['for another port', { Host: 'localhost:1' }],
    ['for no port', { Host: 'localhost' }],
    ['for a port that is none', { Host: 'localhost:PORTx' }],
    ['for an address of everybody', { Host: '0.0.0.0:PORT' }],
    ['for an address that is none', { Host: '127.0.0.999:PORT' }],
    ['for a neighbour', { Host: '10.0.0.1:PORT' }],
    ['on behalf of somebody', { Host: 'localhost:PORT', 'X-Forwarded-For': '203.0.113.7' }],
    ['on behalf of somebody said to be here', { Host: 'localhost:PORT', 'X-Forwarded-For': '127.0.0.1' }],
    ['as a proxy', { Host: 'localhost:PORT', Via: '1.1 proxy' }],
    ['as a proxy in the newer way', { Host: 'localhost:PORT', Forwarded: 'for=203.0.113.7' }],
    ...[
      'X-Forwarded',
      'X-Original-Forwarded-For',
      'Forwarded-For',
      'X-Cluster-Client-IP',
      'Fly-Client-IP',
      'X-Azure-ClientIP',
    ]
      .concat(['X-Original-Host', 'X-Envoy-External-Address', 'DO-Connecting-IP', 'CF-Ray', 'X-AppEngine-User-IP'])
      .map((name): [string, Record<string, string>] => [`by ${name}`, { Host: 'localhost:PORT', [name]: 'said' }]),
  ])('%s gets nothing', async (_what, headers) => {
    expectNothing(await get('127.0.0.1', withPort(headers)));
  });

  test('gets nothing however many proxies are trusted', async () => {
    const trusting = createApp({ ...api.deps, trustedProxies: 3 }).listen(0, '127.0.0.1');
    await new Promise((resolve) => trusting.once('listening', resolve));
    const { port: own } = trusting.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${own}/dev/tokens`, { headers: { 'X-Forwarded-For': '127.0.0.1' } });
    expect(answer.status).toBe(404);
    trusting.closeAllConnections();
    await new Promise((resolve) => trusting.close(resolve));
  });
});

describe('beside the demo parties', () => {
  const DEMO = DEMO_PARTIES.map(({ id }) => id);
  const all = async () => JSON.parse((await get('127.0.0.1')).text).tokens as DemoToken[];
  const put = async (path: string, body: object) =>
    expect((await api.ask('PUT', `/v1/registry/${path}`, { as: 'operator-olga', body })).status).toBe(200);
  const openBuyer = async (id: string) => {
    const body = { id, kind: 'buyer', currency: 'EUR' };
    expect((await api.ask('POST', '/v1/accounts', { as: 'operator-olga', body })).status).toBe(201);
  };
  const { terms } = DEMO_DISTRIBUTOR;

  test.each<[string, string, Role, () => Promise<unknown>]>([
    ['a seller', 'seller-new', 'seller', () => put('sellers/seller-new', { name: 'New', currency: 'EUR' })],
    [
      'a suspended seller',
      'seller-away',
      'seller',
      () => put('sellers/seller-away', { name: 'Away', currency: 'EUR', status: 'suspended' }),
    ],
    ['a distributor', 'a-carrier', 'distributor', () => put('distributors/a-carrier', { name: 'Carrier', terms })],
    ['a buyer', 'buyer-new', 'buyer', () => openBuyer('buyer-new')],
  ])('%s that was registered just now has a token of its role, behind theirs', async (_what, id, role, register) => {
    expect((await all()).map(({ party }) => party)).not.toContain(id);
    await register();
    const tokens = await all();
    expect(tokens.slice(0, DEMO.length).map(({ party }) => party)).toEqual(DEMO);
    const [found, ...more] = tokens.filter(({ party }) => party === id);
    expect([found, more]).toEqual([expect.objectContaining({ role }), []]);
    expect((await api.ask('GET', '/v1/me', { as: found?.token })).body).toMatchObject({ partyId: id, role });
  });

  test('no id has two tokens, whatever it is registered as', async () => {
    await put('sellers/party-of-two', { name: 'Two', currency: 'EUR' });
    await put('distributors/party-of-two', { name: 'Two', terms });
    await put('distributors/operator-olga', { name: 'Not Olga', terms });
    const tokens = await all();
    expect(new Set(tokens.map(({ party }) => party)).size).toBe(tokens.length);
    expect(tokens.find(({ party }) => party === 'operator-olga')).toMatchObject({ role: 'operator' });
  });

  test('at most 50 of a role have one', async () => {
    for (let number = 0; number < 52; number += 1) await openBuyer(`buyer-${number}`);
    const further = (await all()).slice(DEMO.length);
    expect(further.filter(({ role }) => role === 'buyer')).toHaveLength(50);
    expect(further.map(({ role }) => role)).not.toContain('operator');
  });
});

test('without the embedded mode there are none for anybody', async () => {
  const app = createApp({ ...api.deps, demoTokens: undefined }).listen(0, '127.0.0.1');
  await new Promise((resolve) => app.once('listening', resolve));
  const { port: own } = app.address() as AddressInfo;
  expect((await fetch(`http://127.0.0.1:${own}/dev/tokens`)).status).toBe(404);
  app.closeAllConnections();
  await new Promise((resolve) => app.close(resolve));
});

test.each([
  ['127.0.0.1', true],
  ['127.255.255.254', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['::ffff:10.0.0.1', false],
  ['10.0.0.1', false],
  ['0.0.0.0', false],
  ['::', false],
  ['localhost', false],
  ['', false],
])('%s: loopback %s', (address, loopback) => {
  expect(isLoopback(address)).toBe(loopback);
});

test.each<[string, object, { host?: string }]>([
  ['a connection that is gone', {}, { host: 'localhost' }],
  ['a request without a host', { remoteAddress: '127.0.0.1', localPort: 80 }, {}],
  ['a request with an empty host', { remoteAddress: '127.0.0.1', localPort: 80 }, { host: '' }],
])('%s is nobody', (_what, socket, headers) => {
  expect(isFromThisMachine({ socket: socket as never, headers })).toBe(false);
});

test('without a port in its name a host means the port of HTTP', () => {
  const socket = { remoteAddress: '::1', localPort: 80 } as never;
  expect(isFromThisMachine({ socket, headers: { host: '[::1]' } })).toBe(true);
});

test.each([
  ['127.0.0.1', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', true],
  ['192.0.2.7', false],
])('npm start at HOST=%s prints a first order that can be placed: %s', (HOST, printed) => {
  const said = greeting(parseSettings({ HOST, EMBEDDED: 'true' }), 1_000);
  expect(said.includes('curl')).toBe(printed);
  expect(said.includes('at a loopback address only')).toBe(!printed);
});

function withPort(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', String(port))]),
  );
}
