import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { readTimeline } from '../../office/orders/timeline.ts';
import { readEvents } from './event-reader.ts';
import { has, opened, streamedOrders, type StreamedOrders } from './streamed-orders.ts';
import { expectProblem, type TestApi } from './support.ts';
import { withoutAttention } from '../support/service.ts';
import { until } from '../support/until.ts';

let api: TestApi;
let orders: StreamedOrders;
beforeAll(async () => {
  orders = await streamedOrders();
  ({ api } = orders);
});
afterAll(() => orders.close());

const place: StreamedOrders['place'] = (...order) => orders.place(...order);
const deliver: StreamedOrders['deliver'] = (id) => orders.deliver(id);
const completed: StreamedOrders['completed'] = (id) => orders.completed(id);
const open: StreamedOrders['open'] = (...stream) => orders.open(...stream);

test("one order's stream shows what has happened, then what happens: its timeline, once, in order", async () => {
  const id = await place('stream-1');
  const stream = await open(`/v1/orders/${id}/events`);
  await stream.until(has('dispatch_scheduled'));
  await deliver(id);
  await stream.until(has('order_completed'));
  await stream.ended;
  const timeline = await readTimeline(api.database.orm.em.fork(), id);
  // That nobody is needed any more may be noted after the end.
  expect(withoutAttention(stream.seen).map(({ type }) => type)).toEqual(
    withoutAttention(timeline).map(({ type }) => type),
  );
  expect(new Set(stream.seen.map((event) => event.id)).size).toBe(stream.seen.length);
  expect(stream.notices).toEqual([
    opened({ from: 'start', orderId: id }),
    { name: 'ended', data: { orderId: id, stage: 'completed' } },
  ]);
});

test('a stream of an order that has ended ends, also when it goes on after the end', async () => {
  const id = await place('stream-ended');
  await deliver(id);
  await completed(id);
  const whole = await open(`/v1/orders/${id}/events`);
  await whole.ended;
  const timeline = await readTimeline(api.database.orm.em.fork(), id);
  expect(whole.seen.map(({ type }) => type)).toEqual(timeline.map(({ type }) => type));
  const again = await open(`/v1/orders/${id}/events`, 'buyer-ada', whole.lastEventId);
  await again.ended;
  expect(again.seen).toEqual([]);
  expect(again.notices).toEqual([
    opened({ from: 'last_event_id', orderId: id }),
    { name: 'ended', data: { orderId: id, stage: 'completed' } },
  ]);
});

test('what comes after the end, such as a refund, is seen by coming again', async () => {
  const id = await place('stream-refund');
  await deliver(id);
  await completed(id);
  const before = await open(`/v1/orders/${id}/events`);
  await before.ended;
  const refund = { as: 'seller-mill', key: 'r', body: { reason: 'stale' } };
  expect((await api.ask('POST', `/v1/orders/${id}/refund`, refund)).status).toBeLessThan(300);
  const after = await open(`/v1/orders/${id}/events`, 'buyer-ada', before.lastEventId);
  await after.ended;
  expect(after.seen.map(({ type }) => type)).toContain('payment_refunded');
  expect(after.notices.at(-1)).toEqual({ name: 'ended', data: { orderId: id, stage: 'refunded' } });
});

test("a party's stream shows its own orders only, from now on", async () => {
  const [ada, bob] = [await open('/v1/events', 'buyer-ada'), await open('/v1/events', 'buyer-bob')];
  const [ofAda, ofBob] = [await place('stream-3'), await place('stream-3', 'buyer-bob')];
  await Promise.all([ada.until(has('dispatch_scheduled')), bob.until(has('dispatch_scheduled'))]);
  expect(new Set(ada.seen.map(({ orderId }) => orderId))).toEqual(new Set([ofAda]));
  expect(new Set(bob.seen.map(({ orderId }) => orderId))).toEqual(new Set([ofBob]));
  await Promise.all([ada.stop(), bob.stop()]);
});

test('an event waits for events that were open beside it, so that none is ever committed behind a reader', async () => {
  const id = await place('stream-4');
  await until(
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
  await until(
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
  await until(
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

test("a stream of somebody else's order, and one from an unknown place, are refused", async () => {
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

test("a stream ends when its API key is revoked or runs out; another key's goes on", async () => {
  const make = async (body: Record<string, unknown> = {}) => {
    const given = { partyId: 'buyer-ada', role: 'buyer', name: 'till', ...body };
    return (await api.ask('POST', '/v1/api-keys', { as: 'operator-olga', body: given })).body;
  };
  const [lost, kept] = [await make(), await make()];
  const streamOf = ({ key }: { key: string }) => readEvents(`${api.url}/v1/events`, key);
  const [ends, goesOn] = [await streamOf(lost), await streamOf(kept)];
  // On a loaded machine a key may have run out before its stream begins.
  const short = () => make({ expiresAt: new Date(Date.now() + 2_000).toISOString() });
  const endsToo = await until(async () => streamOf(await short()).catch(() => undefined));
  await api.ask('DELETE', `/v1/api-keys/${lost.id}`, { as: 'operator-olga' });
  await Promise.all([ends.ended, endsToo.ended]);
  const id = await place('stream-key');
  await goesOn.until((seen) => seen.some(({ orderId }) => orderId === id));
  expect(ends.seen).toEqual([]);
  await goesOn.stop();
});
