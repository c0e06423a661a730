import { orderIdFor } from '../../api/orders/place-order.ts';
import { TRANSMISSIONS, type TransmissionName } from '../../domain/transmissions.ts';
import { testApi, type TestApi } from '../api/support.ts';
import { sitePair, type SitePair } from '../support/site-parties.ts';
import { crashWorkers, expectSoundBooks, killed, type CrashWorkers } from './crash-workers.ts';
import { PATIENCE_MS, until } from '../support/until.ts';

/*
 * The worker is killed at each transmission to a party's own server: before it is sent, when the server has it and nobody has its
 * receipt, when the receipt is on record, and when its workflow has it. Each order has one ending, and each message is once on record.
 */

const POINTS = ['before the effect', 'sent', 'after the effect', 'after the answer'] as const;
type Point = (typeof POINTS)[number];

interface Crashing {
  readonly name: TransmissionName;
  readonly point: Point;
  readonly key: string;
  readonly id: string;
}
const NAMES = Object.keys(TRANSMISSIONS) as TransmissionName[];
const orders = NAMES.flatMap((name) =>
  POINTS.map((point): Crashing => {
    const key = `${name} ${point}`;
    return { name, point, key, id: orderIdFor('buyer-ada', key) };
  }),
);
const CANCELLED: readonly TransmissionName[] = ['notifySellerOfEnding', 'withdrawFromDistributor'];

let api: TestApi;
let workers: CrashWorkers;
let pair: SitePair;
/** Orders whose message has come to its server, which does not answer before the crash. */
const sent = new Set<string>();
let hasCrashed = false;
beforeAll(async () => {
  api = await testApi();
  workers = crashWorkers(api);
  pair = await sitePair(api, 'crash');
  for (const site of [pair.seller, pair.distributor]) {
    const honest = site.behaviour;
    site.behaviour = async (claims, self, text) => {
      const isLost = !hasCrashed && orders.some((each) => each.id === claims.sub && isSentAt(each, claims.kind));
      const reply = await honest(claims, self, text);
      if (isLost) sent.add(claims.sub);
      return isLost ? 'never' : reply;
    };
  }
});
afterEach(() => workers.killAll());
afterAll(async () => {
  await pair.close();
  await api.close();
});

function isSentAt({ name, point }: Crashing, kind: string): boolean {
  return point === 'sent' && TRANSMISSIONS[name] === kind;
}

test('a worker killed at every crash point of every transmission: one ending, each message once, the same bytes on every try', async () => {
  const planned = orders.flatMap(({ id, name, point }) =>
    point === 'sent' ? [] : [[id, { step: `send:${name}`, point }] as const],
  );
  const doomed = await workers.start(Object.fromEntries(planned));
  const there = new Set<unknown>();
  doomed.on('message', (id) => there.add(id));
  const leading = orders.map(lead);
  await until(
    () => missing(there),
    ({ length }) => length === 0,
    { ...SHARED, what: 'every order at its crash point', progress: String },
  );
  await killed(doomed);
  hasCrashed = true;

  const revived = await workers.start();
  await Promise.all(leading);
  await Promise.all(orders.map(deliver));
  const ends = await Promise.all(orders.map(({ id }) => api.client.workflow.getHandle(id).result()));
  const wanted = orders.map(({ name }) => (CANCELLED.includes(name) ? 'cancelled' : 'completed'));
  expect(ends.map(({ stage }) => stage)).toEqual(wanted);
  await killed(revived);
  for (const order of orders) await expectOnce(order);
  await expectSoundBooks(api, orders.length);
}, 900_000);

const missing = (there: ReadonlySet<unknown>) =>
  orders.filter(({ id }) => !there.has(id) && !sent.has(id)).map(({ key }) => key);

/** Brings an order to its crash point. */
async function lead({ name, key, id }: Crashing): Promise<void> {
  await insist('POST', '/v1/orders', pair.order, key);
  if (CANCELLED.includes(name)) {
    await inStage(id, ['scheduled']);
    await insist('POST', `/v1/orders/${id}/cancellation`, { reason: 'enough' });
  }
  if (name === 'scheduleAgain') await inStage(id, ['scheduled']).then(() => report(id, 'failed_attempt'));
  if (name === 'notifySellerOfCompletion' || name === 'notifySellerOfPayment') await deliver({ name, id });
}

async function deliver({ name, id }: Pick<Crashing, 'name' | 'id'>): Promise<void> {
  if (CANCELLED.includes(name)) return;
  await inStage(id, ['scheduled', 'in_distribution', 'delivered', 'completed']);
  // Goods that have arrived need no new date, and nobody would be asked for one.
  if (name === 'scheduleAgain') await untilReceipted(id, TRANSMISSIONS[name]);
  await report(id, 'delivered');
}

async function untilReceipted(id: string, kind: string): Promise<void> {
  await until(
    async (): Promise<{ kind: string; receipt: string | null }[]> => {
      const { body } = await pair.distributor.askOffice('GET', `/v1/orders/${id}/messages`);
      return Object(body).data ?? [];
    },
    (ours) => ours.some((message) => message.kind === kind && message.receipt !== null),
    { ...SHARED, what: `a receipt for ${kind} of ${id}` },
  );
}

async function report(id: string, kind: string): Promise<void> {
  const event = { eventId: kind, kind, occurredAt: new Date().toISOString() };
  const answer = await pair.distributor.askOffice('POST', `/v1/orders/${id}/distribution-events`, event);
  expect([200, 202]).toContain(answer.status);
}

/** Thirty orders and a restart have to share the machine, and an order waits for all the others to be at their crash points. */
const SHARED = { pauseMs: 300, patienceMs: 3 * PATIENCE_MS };

async function inStage(id: string, stages: readonly string[]): Promise<void> {
  await until(
    () => api.ask('GET', `/v1/orders/${id}`, { as: 'operator-olga' }),
    ({ body }) => stages.includes(body.stage),
    { ...SHARED, what: `order ${id} in ${stages.join(' or ')}`, seen: ({ body }) => body },
  );
}

/** While no worker lives it is asked again. */
async function insist(method: string, path: string, body: unknown, key?: string): Promise<void> {
  await until(
    () => api.ask(method, path, { body, ...(key !== undefined && { key }) }),
    ({ status }) => status < 300 || status === 409,
    { ...SHARED, what: `an answer to ${method} ${path}`, seen: (last) => last.body },
  );
}

async function expectOnce({ id, name }: Crashing): Promise<void> {
  const { body } = await api.ask('GET', `/v1/orders/${id}/messages`, { as: 'operator-olga' });
  const ids = body.data.map((message: { id: string }) => message.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(body.data.filter(({ receipt }: { receipt: unknown }) => receipt === null)).toEqual([]);
  expect(body.data.map(({ kind }: { kind: string }) => kind)).toContain(TRANSMISSIONS[name]);
  const tries = [...pair.seller.tries, ...pair.distributor.tries].filter(({ claims }) => claims?.sub === id);
  for (const each of ids) {
    const texts = new Set(tries.filter(({ claims }) => claims?.jti === each).map(({ text }) => text));
    expect(texts.size).toBe(1);
  }
}
