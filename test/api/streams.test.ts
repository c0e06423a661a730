import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { createApp } from '../../api/app.ts';
import { createEventFeed, type EventFeed } from '../../api/events/event-feed.ts';
import { readinessChecks } from '../../api/service/readiness.ts';
import { serve, type RunningApi } from '../../api/serve.ts';
import { connectOrm } from '../../platform/orm.ts';
import { silentProxy } from '../support/silent-proxy.ts';
import { EventWriter } from '../support/outbox-writers.ts';
import { readEvents, type SeenEvent } from './event-reader.ts';
import { stalledReader } from './stalled-reader.ts';
import { expectProblem, testApi, type TestApi } from './support.ts';
import { until } from '../support/until.ts';

// Streams under clients that leave, stall or come in floods, and over a database that goes silent. Nothing here notifies: what
// is seen was found by looking.

let base: TestApi;
let token: string;
beforeAll(async () => {
  base = await testApi();
  token = await base.issuer.issue({ id: 'buyer-ada', role: 'buyer' });
});
afterAll(() => base.close());

// Who reads does so in this process: it may rest for a second, and is no stalled reader then.
const TIMES = { pollMs: 50, retryMs: 50, queryTimeoutMs: 1_000, keepAliveMs: 50, stallMs: 4_000, closeMs: 500 };
let feed: EventFeed;
let api: RunningApi;
let orders = 0;
let orderId: string;
beforeEach(async () => {
  [feed, api] = await start();
  orderId = `order-${String((orders += 1)).padStart(26, '0')}`;
  await base.deps.orm.em.fork().execute(
    `insert into orders (id, buyer_id, seller_id, distributor_id, stage, request_digest, lines, deliver_to_sealed, settle_on)
     values (?, 'buyer-ada', 'seller-mill', 'distributor-swift', 'requested', 'd', '[]', 's', 'delivery')`,
    [orderId],
  );
});
afterEach(async () => {
  feed.close();
  await api.close();
});

async function start(orm = base.deps.orm): Promise<[EventFeed, RunningApi]> {
  const events = createEventFeed({ orm, logger: base.deps.logger, times: TIMES });
  const readiness = readinessChecks(base.deps.orm, base.deps.gateway, events);
  return [events, await serve(createApp({ ...base.deps, events, readiness }), { host: '127.0.0.1', port: 0 })];
}

const write = (count: number, bytes = 0) =>
  base.deps.orm.em.fork().execute(
    `insert into order_events (order_id, key, type, actor, body)
     select ?, gen_random_uuid()::text, 'distribution_reported', 'distributor-swift', jsonb_build_object('note', repeat('x', ?::int))
     from generate_series(1, ?::int)`,
    [orderId, bytes, count],
  );
const path = () => `/v1/orders/${orderId}/events`;
const open = (at = '/v1/events', lastEventId?: string) => readEvents(`${api.url}${at}`, token, lastEventId);
const count = (wanted: number) => (seen: readonly SeenEvent[]) => seen.length >= wanted;
const metric = async (name: string) => {
  const { body } = await base.ask('GET', '/metrics', { at: api.url });
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(body)?.[1]);
};
const streamsOpen = (wanted: number) =>
  until(
    () => feed.streams.count,
    (now) => now === wanted,
    { what: `${wanted} open streams` },
  );

describe('clients that leave', () => {
  /** Asks for a stream and leaves at some moment: before the answer, with its head, or later. */
  async function comeAndGo(moment: number): Promise<void> {
    const asked = request(`${api.url}/v1/events`, { agent: false, headers: { authorization: `Bearer ${token}` } });
    const closed = new Promise((resolve) => asked.on('close', resolve));
    asked.on('error', () => undefined).on('response', (response) => response.on('error', () => undefined).resume());
    asked.end();
    if (moment % 3 === 0) await once(asked, 'socket').then(() => sleep(moment % 7));
    else if (moment % 3 === 1) await once(asked, 'response').catch(() => undefined);
    else await sleep(moment % 40);
    asked.destroy();
    await closed;
  }

  test('1,200 streams that are opened and left at once give all their places back', async () => {
    for (let from = 0; from < 1_200; from += 60) {
      await Promise.all(Array.from({ length: 60 }, (_, index) => comeAndGo(from + index)));
    }
    await streamsOpen(0);
    const stream = await open();
    await stream.until(() => stream.notices.length > 0);
    expect(feed.streams.count).toBe(1);
    await stream.stop();
  });

  test('a party holds at most 1,000 streams; refused and failed ones take no place', async () => {
    const ada = { id: 'buyer-ada', role: 'buyer' } as const;
    const leaves = Array.from({ length: 999 }, () => feed.streams.enter(ada, () => undefined));
    const last = await open();
    expect((await base.ask('GET', '/v1/events', { at: api.url })).status).toBe(429);
    expect((await base.ask('GET', '/v1/events', { at: api.url, as: 'buyer-bob' })).status).toBe(200);
    await last.stop();
    await streamsOpen(999);
    const refused = { at: api.url, headers: { 'last-event-id': 'yesterday' } };
    expect((await base.ask('GET', '/v1/events', refused)).status).toBe(422);
    expect((await base.ask('GET', '/v1/events', { at: api.url })).status).toBe(200);
    for (const leave of leaves) leave();
    // Twice does no harm.
    for (const leave of leaves) leave();
    await streamsOpen(0);
  });
});

describe('a client that reads nothing', () => {
  test('of a long history is cut off, and nobody else notices', async () => {
    await write(120, 50_000);
    const stalled = await stalledReader(api.url, path(), token);
    const reading = await open(path());
    await reading.until(count(120));
    await streamsOpen(1);
    await write(1);
    await reading.until(count(121));
    await Promise.all([stalled.leave(), reading.stop()]);
  });

  test('while much happens is cut off, and nobody else notices', async () => {
    const stalled = await stalledReader(api.url, '/v1/events', token);
    const reading = await open();
    await reading.until(() => reading.notices.length > 0);
    await write(120, 50_000);
    await reading.until(count(120));
    await streamsOpen(1);
    await Promise.all([stalled.leave(), reading.stop()]);
  });

  test('is let go when the streams end', async () => {
    await write(120, 50_000);
    const stalled = await stalledReader(api.url, path(), token);
    feed.close();
    await streamsOpen(0);
    await stalled.leave();
  });
});

test('a slow reader of a long history gets all of it, with what happened meanwhile, once and in order', async () => {
  await write(1_500, 2_000);
  const stream = await open(path());
  for (let round = 0; round < 20; round += 1) await write(5);
  await stream.until(count(1_600));
  const ids = stream.seen.map(({ id }) => Number(id.split('-')[1]));
  expect(ids).toEqual([...new Set(ids)].toSorted((one, other) => one - other));
  expect(ids).toHaveLength(1_600);
  await stream.stop();
});

test('events arrive although nobody notifies, and over a database connection that goes silent', async () => {
  const proxy = await silentProxy(base.database.serviceUrl);
  const orm = await connectOrm({ url: proxy.url, poolMax: 5 });
  feed.close();
  await api.close();
  [feed, api] = await start(orm);
  const stream = await open();
  await stream.until(() => stream.notices.length > 0);
  await write(1);
  await stream.until(count(1));
  proxy.silence();
  await write(1);
  await stream.until(count(2));
  await stream.stop();
  feed.close();
  // What is silent never says goodbye.
  await proxy.close();
  await orm.close();
});

test('a database that is put back to an earlier state ends its streams; who comes again gets everything', async () => {
  await write(2);
  const stream = await open(path());
  await stream.until(count(2));
  const [first] = stream.seen;
  const owner = new Client(base.database.url);
  await owner.connect();
  // As a restore does it, without triggers; then the ids are given out once more, for other events.
  await owner.query(`set session_replication_role = replica; delete from order_events where order_id = '${orderId}'`);
  await owner.query(`select setval('order_events_id_seq', ${first!.id.split('-')[1]}, false)`);
  await owner.end();
  await stream.ended;
  await write(3);
  const again = await open(path(), stream.lastEventId);
  await again.until(count(3));
  expect(again.notices).toEqual([{ name: 'opened', data: { from: 'unknown_last_event_id', orderId } }]);
  expect(again.seen.map(({ id }) => id.split('-')[1])).toEqual(expect.arrayContaining([first!.id.split('-')[1]]));
  await again.stop();
});

test('an API that starts beside a transaction that writes events answers 503 until it knows where "now" is', async () => {
  const slow = new EventWriter(base.database.url, 'slow-start');
  await slow.client.connect();
  await slow.begin();
  await slow.write(orderId);
  await write(1);
  feed.close();
  await api.close();
  [feed, api] = await start();
  const refused = await base.ask('GET', '/v1/events', { at: api.url });
  expectProblem(refused, 'service-unavailable');
  expect(refused.headers.get('retry-after')).not.toBeNull();
  await slow.end('commit');
  await until(async () => (await base.ask('GET', '/v1/events', { at: api.url })).status === 200);
  await streamsOpen(0);
  await slow.client.end();
});

test('how the reading goes shows in metrics and readiness, also that it waits for an open transaction', async () => {
  const detail = async () => {
    // No worker runs here, so the whole is not ready.
    const { body } = await base.ask('GET', '/health/ready', { at: api.url });
    const { checks } = body as { checks: { name: string; ok: boolean; detail: string }[] };
    return checks.find(({ name }) => name === 'events');
  };
  const stream = await open();
  await stream.until(() => stream.notices.length > 0);
  expect(await metric('event_streams_open')).toBe(1);
  expect(await metric('outbox_last_read_timestamp_seconds')).toBeGreaterThan(1_700_000_000);
  expect(await metric('outbox_oldest_unsettled_seconds')).toBe(0);
  const slow = new EventWriter(base.database.url, 'slow');
  await slow.client.connect();
  await slow.begin();
  await slow.write(orderId);
  await write(3);
  await until(async () => (await metric('outbox_oldest_unsettled_seconds')) > 1);
  await until(async () => (await metric('outbox_backlog_events{reader="streams"}')) === 3);
  expect(await metric('outbox_backlog_events{reader="webhooks"}')).toBeGreaterThanOrEqual(3);
  expect(await detail()).toMatchObject({
    ok: true,
    detail: expect.stringMatching(/streams 3, .* wait for an open transaction since \d+ seconds$/),
  });
  expect(stream.seen).toEqual([]);
  await slow.end('commit');
  await stream.until(count(4));
  await until(async () => (await metric('outbox_backlog_events{reader="streams"}')) === 0);
  expect(await detail()).toMatchObject({
    ok: true,
    detail: expect.stringMatching(/^read up to now; unread: streams 0/),
  });
  await slow.client.end();
  await stream.stop();
});
