import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { announced } from '../support/run.ts';
import { realService, type RealService } from '../support/real-service.ts';
import type { TestTemporal } from '../support/servers.ts';
import { orderFor, orderWhen } from '../support/service.ts';
import type { TestApi } from '../api/support.ts';
import { silentProxy, type SilentProxy } from '../support/silent-proxy.ts';
import { until } from '../support/until.ts';
import { startIssuer, type Issuer } from '../scripts/token-issuer.ts';

/* What the API needs is away, or hangs: every kind of request is answered, and the answer names what it is, and nothing else. */

type Part = 'database' | 'temporal' | 'issuer';

const NAMES: Readonly<Record<Part, RegExp>> = {
  database: /\bdatabase\b/i,
  temporal: /\btemporal\b/i,
  issuer: /\bissuer\b/i,
};

let proxies: Readonly<Record<Part, SilentProxy>>;
let issuer: Issuer;
/** Its issuer's keys are known; those of the other one are not. */
let service: RealService;
let strange: RealService;
beforeAll(async () => {
  issuer = await startIssuer();
  const { address } = await announced<TestTemporal>('temporal');
  const [temporal, keys] = await Promise.all([
    silentProxy(`http://${address}`),
    silentProxy(issuer.settings.TOKEN_JWKS_URL),
  ]);
  const settings = { TEMPORAL_ADDRESS: new URL(temporal.url).host, TOKEN_ISSUER: issuer.settings.TOKEN_ISSUER };
  let database: SilentProxy | undefined;
  const throughProxy = async (url: string) => (database = await silentProxy(url)).url;
  service = await realService({
    apiUrl: throughProxy,
    settings: () => ({ ...settings, TOKEN_JWKS_URL: issuer.settings.TOKEN_JWKS_URL }),
  });
  if (!database) throw new Error('the service has not asked for its database');
  proxies = { temporal, issuer: keys, database };
  // It asks for them when it starts.
  keys.refuse();
  strange = await realService({ withWorker: false, settings: () => ({ ...settings, TOKEN_JWKS_URL: keys.url }) });
});
afterAll(async () => {
  for (const proxy of Object.values(proxies)) proxy.cut();
  await Promise.all([service.close(), strange.close()]);
  await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
  issuer.close();
});

interface Said {
  readonly status: number;
  readonly detail: string;
}

async function ask(
  of: RealService,
  method: string,
  path: string,
  [party, role]: readonly [string, string],
  body?: object,
) {
  const response = await fetch(`${of.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await issuer.token(party, role)}`,
      'content-type': 'application/json',
      'idempotency-key': `${method} ${path} ${(asked += 1)}`,
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  // As it is asked for below.
  const answer = (await response.json()) as { readonly id: string; readonly detail?: string };
  return { status: response.status, body: answer };
}

let asked = 0;
const ADA = ['buyer-ada', 'buyer'] as const;
const SWIFT = ['distributor-swift', 'distributor'] as const;

const KINDS = {
  order: (of: RealService) => ask(of, 'POST', '/v1/orders', ADA, orderFor()),
  read: (of: RealService, id: string) => ask(of, 'GET', `/v1/orders/${id}`, ADA),
  cancel: (of: RealService, id: string) => ask(of, 'POST', `/v1/orders/${id}/cancellation`, ADA, { reason: 'away' }),
  event: (of: RealService, id: string) =>
    ask(of, 'POST', `/v1/orders/${id}/distribution-events`, SWIFT, {
      eventId: `event-${(asked += 1)}`,
      kind: 'in_transit',
      occurredAt: new Date().toISOString(),
    }),
};
type Kind = keyof typeof KINDS;

/** A new order, on its way: a cancel that came through unseen has ended the last one. */
async function orderOnItsWay(): Promise<string> {
  const placed = await until(
    () => KINDS.order(service),
    ({ status }) => status === 201,
    { seen: JSON.stringify },
  );
  const asOperator = {
    ask: (method: string, path: string) => ask(service, method, path, ['operator-olga', 'operator']),
  } as unknown as TestApi;
  await orderWhen(asOperator, placed.body.id, ({ stage }) => stage === 'scheduled');
  return placed.body.id;
}

/** One of each kind at once; in the order in which they are answered. */
async function sayAll(of: RealService, id: string): Promise<Record<string, Said>> {
  const said: [kind: string, said: Said][] = [];
  const sent = Object.entries(KINDS).map(async ([kind, send]) => {
    const { status, body } = await send(of, id);
    said.push([kind, { status, detail: body.detail ?? '' }]);
  });
  await Promise.all(sent);
  return Object.fromEntries(said);
}

function expectNamed(said: Said | undefined, away: Part): void {
  expect(said).toMatchObject({ status: 503 });
  const named = Object.entries(NAMES).filter(([, name]) => name.test(said?.detail ?? ''));
  expect([said?.detail, named.map(([part]) => part)]).toEqual([said?.detail, [away]]);
}

const AWAY = [
  ['refuses', (proxy: SilentProxy) => proxy.refuse()],
  ['hangs', (proxy: SilentProxy) => proxy.freeze()],
] as const;

describe.each(AWAY)('what is needed %s', (how, take) => {
  test('Temporal: reading goes on, everything else names it', async () => {
    const id = await orderOnItsWay();
    take(proxies.temporal);
    const scrape = async () => (await fetch(`${service.url}/metrics`)).text();
    // What was asked seconds ago is told once more.
    const metrics = until(scrape, (page) => !page.includes('countersign_task_queue_read{'));
    const said = await sayAll(service, id);
    const page = await metrics;
    proxies.temporal.cut();
    proxies.temporal.thaw();
    expect(said['read']).toMatchObject({ status: 200 });
    expect(page).toContain('countersign_orders_open{');
    for (const kind of ['order', 'cancel', 'event'] satisfies Kind[]) expectNamed(said[kind], 'temporal');
    // A POST keeps to its own wait, of 2 seconds here and 3 to make sure; a message to an order may take ten.
    const answered = Object.keys(said);
    if (how === 'hangs') expect(answered.indexOf('order')).toBeLessThan(answered.indexOf('cancel'));
  });

  test('the database: what needs it names it', async () => {
    const id = await orderOnItsWay();
    take(proxies.database);
    const said = await sayAll(service, id);
    proxies.database.cut();
    proxies.database.thaw();
    for (const kind of ['read', 'cancel', 'event'] satisfies Kind[]) expectNamed(said[kind], 'database');
    // It is decided by its workflow, whose worker reaches the database by another way; who the caller is may have to be read.
    if (said['order']?.status !== 201) expectNamed(said['order'], 'database');
  });

  test('the issuer, whose keys are not known yet: everything names it', async () => {
    const id = await orderOnItsWay();
    take(proxies.issuer);
    const said = await sayAll(strange, id);
    proxies.issuer.cut();
    proxies.issuer.thaw();
    for (const kind of Object.keys(KINDS)) expectNamed(said[kind], 'issuer');
  });
});
