import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { createApp } from '../../api/app.ts';
import { createEventHub } from '../../api/events/hub.ts';
import { serve } from '../../api/serve.ts';
import { readTimeline } from '../../office/timeline.ts';
import type { RunningWorker } from '../support/worker.ts';
import { readEvents, type SeenEvent } from './event-reader.ts';
import { eventually, expectProblem, flourOrder, testApi, workerFor, type TestApi } from './support.ts';

let api: TestApi;
let worker: RunningWorker;
const tokens = new Map<string, string>();
beforeAll(async () => {
  api = await testApi();
  worker = await workerFor(api);
  for (const { party, token } of await (api.deps.demoTokens?.() ?? [])) tokens.set(party, token);
});
afterAll(async () => {
  await worker.stop();
  await api.close();
});

const rye = flourOrder({ lines: [{ sku: 'rye-1kg', quantity: 1 }] });
const place = async (key: string, as = 'buyer-ada', body = rye) =>
  (await api.ask('POST', '/v1/orders', { as, key, body })).body.id as string;
const deliver = (id: string) =>
  api.ask('POST', `/v1/orders/${id}/distribution-events`, {
    as: 'distributor-swift',
    body: { eventId: 'd', kind: 'delivered', occurredAt: new Date().toISOString() },
  });
const open = (path: string, as = 'buyer-ada', lastEventId?: string, url = api.url) =>
  readEvents(`${url}${path}`, tokens.get(as) ?? '', lastEventId);
const has = (type: string) => (seen: readonly SeenEvent[]) => seen.some((event) => event.type === type);

test('one order’s stream shows what has happened, then what happens: its timeline, once, in order', async () => {
  const id = await place('stream-1');
  const stream = await open(`/v1/orders/${id}/events`);
  await stream.until(has('dispatch_scheduled'));
  await deliver(id);
  await stream.until(has('order_completed'));
  await stream.stop();
  const timeline = await readTimeline(api.database.orm.em.fork(), id);
  expect(stream.seen.map(({ type }) => type)).toEqual(timeline.map(({ type }) => type));
  expect(new Set(stream.seen.map((event) => event.id)).size).toBe(timeline.length);
});

test('Last-Event-ID goes on where the stream broke off, also after a restart of the API', async () => {
  const id = await place('stream-2');
  const first = await open(`/v1/orders/${id}/events`);
  const before = await first.until(has('check_issued'));
  await first.stop();
  const last = before.at(-1)?.id ?? '';
  const seenBefore = before.length;

  const events = createEventHub(api.deps);
  const restarted = await serve(createApp({ ...api.deps, events }), { host: '127.0.0.1', port: 0 });
  await deliver(id);
  await eventually(
    () => api.ask('GET', `/v1/orders/${id}`),
    ({ body }) => body.stage === 'completed',
  );
  const second = await open(`/v1/orders/${id}/events`, 'buyer-ada', last, restarted.url);
  await second.until(has('order_completed'));
  const all = await readTimeline(api.database.orm.em.fork(), id);
  expect(second.seen.map(({ type }) => type)).toEqual(all.slice(seenBefore).map(({ type }) => type));
  events.close();
  await second.ended;
  await restarted.close();
});

test('a party’s stream shows its own orders only, from now on', async () => {
  const [ada, bob] = [await open('/v1/events', 'buyer-ada'), await open('/v1/events', 'buyer-bob')];
  const [ofAda, ofBob] = [await place('stream-3'), await place('stream-3', 'buyer-bob')];
  await Promise.all([ada.until(has('dispatch_scheduled')), bob.until(has('dispatch_scheduled'))]);
  expect(new Set(ada.seen.map(({ orderId }) => orderId))).toEqual(new Set([ofAda]));
  expect(new Set(bob.seen.map(({ orderId }) => orderId))).toEqual(new Set([ofBob]));
  await Promise.all([ada.stop(), bob.stop()]);
});

test('an event waits for older transactions, so that none is ever committed behind a reader', async () => {
  const id = await place('stream-4');
  await eventually(
    () => api.ask('GET', `/v1/orders/${id}`),
    ({ body }) => body.stage === 'scheduled',
  );
  const stream = await open(`/v1/orders/${id}/events`);
  await stream.until(has('dispatch_scheduled'));
  const note = (client: Client, key: string) =>
    client.query(
      `insert into order_events (order_id, key, type, actor, body) values ($1, $2, 'intervention_made', 'service', '{}')`,
      [id, key],
    );
  const [slow, quick] = [new Client(api.database.url), new Client(api.database.url)];
  await Promise.all([slow.connect(), quick.connect()]);
  await slow.query('begin');
  await note(slow, 'older');
  await note(quick, 'newer');
  const later = await place('stream-5', 'buyer-bob');
  const unseen = stream.seen.length;
  await eventually(
    () => api.ask('GET', `/v1/orders/${later}`, { as: 'buyer-bob' }),
    ({ body }) => body.stage === 'scheduled',
  );
  expect(stream.seen).toHaveLength(unseen);
  await slow.query('commit');
  await stream.until(({ length }) => length === unseen + 2);
  const { rows } = await quick.query(`select id from order_events where order_id = $1 order by id desc limit 2`, [id]);
  expect(stream.seen.slice(-2).map((event) => event.id.split('-')[1])).toEqual(rows.map((row) => row.id).toReversed());
  await Promise.all([slow.end(), quick.end(), stream.stop()]);
});

test('a lost LISTEN connection is made again, and nothing is missed', async () => {
  const stream = await open('/v1/events');
  const admin = new Client(api.database.url);
  await admin.connect();
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'countersign-listen' and datname = current_database()`,
  );
  await admin.end();
  const id = await place('stream-6');
  await stream.until((seen) => seen.some(({ orderId, type }) => orderId === id && type === 'dispatch_scheduled'));
  await stream.stop();
});

test('200 streams share one LISTEN connection', async () => {
  const id = await place('stream-7');
  await eventually(
    () => api.ask('GET', `/v1/orders/${id}`),
    ({ body }) => body.stage === 'scheduled',
  );
  const streams = await Promise.all(Array.from({ length: 200 }, () => open('/v1/events')));
  await deliver(id);
  await Promise.all(streams.map((stream) => stream.until(has('order_completed'))));
  const [row] = await api.database.orm.em
    .fork()
    .execute<{ listening: number }[]>(
      `select count(*)::int as listening from pg_stat_activity where application_name = 'countersign-listen' and datname = current_database()`,
    );
  expect(row?.listening).toBe(1);
  await Promise.all(streams.map((stream) => stream.stop()));
});

test('a stream of somebody else’s order, and one from an unknown place, are refused', async () => {
  const id = await place('stream-8');
  expectProblem(await api.ask('GET', `/v1/orders/${id}/events`, { as: 'buyer-bob' }), 'not-found');
  const headers = { 'last-event-id': 'yesterday' };
  expectProblem(await api.ask('GET', '/v1/events', { headers }), 'invalid-request');
});

test('a stream ends when its token does', async () => {
  const token = await api.issuer.issue({ id: 'buyer-ada', role: 'buyer' }, '1 second');
  const stream = await readEvents(`${api.url}/v1/events`, token);
  await stream.ended;
});
