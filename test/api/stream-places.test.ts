import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createApp } from '../../api/app.ts';
import { createEventFeed } from '../../api/events/event-feed.ts';
import { serve } from '../../api/serve.ts';
import { readTimeline } from '../../office/orders/timeline.ts';
import { has, opened, streamedOrders, type StreamedOrders } from './streamed-orders.ts';
import type { TestApi } from './support.ts';

// Where a stream goes on: after a break, a restart, an upgrade, and with an id that this database never gave out.

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

test('a stream that broke before its first event goes on where it began', async () => {
  const quiet = await open('/v1/events');
  await quiet.until(() => quiet.lastEventId !== undefined);
  expect(quiet.notices).toEqual([opened({ from: 'now' })]);
  await quiet.stop();
  const id = await place('stream-quiet');
  const again = await open('/v1/events', 'buyer-ada', quiet.lastEventId);
  await again.until((seen) => seen.some(({ orderId, type }) => orderId === id && type === 'dispatch_scheduled'));
  const timeline = await readTimeline(api.database.orm.em.fork(), id);
  const own = again.seen.filter(({ orderId }) => orderId === id).map(({ type }) => type);
  expect(own).toEqual(timeline.map(({ type }) => type).slice(0, own.length));
  await again.stop();
});

test.each([
  ['of another installation', 'e00000000-1'],
  ['of another installation, in the former form', '9000000000-1'],
  ['of the future', 'e00000000-999999999'],
])('a Last-Event-ID %s is recognised: everything is sent again', async (_what, lastEventId) => {
  const id = await place('stream-foreign');
  await deliver(id);
  await completed(id);
  const stream = await open(`/v1/orders/${id}/events`, 'buyer-ada', lastEventId);
  await stream.ended;
  const timeline = await readTimeline(api.database.orm.em.fork(), id);
  expect(stream.seen.map(({ type }) => type)).toEqual(timeline.map(({ type }) => type));
  expect(stream.notices[0]).toEqual(opened({ from: 'unknown_last_event_id', orderId: id }));
  const ofParty = await open('/v1/events', 'buyer-ada', lastEventId);
  await ofParty.until((seen) => seen.some(({ orderId, type }) => orderId === id && type === 'order_completed'));
  await ofParty.stop();
});

test('a stream goes on from an id of the former form', async () => {
  const id = await place('stream-former');
  await deliver(id);
  await completed(id);
  const [, second] = await api.database.orm.em
    .fork()
    .execute<{ id: string; tx: string }[]>(
      'select e.id::text, e.transaction_id::text as tx from order_events e where e.order_id = ? order by e.id',
      [id],
    );
  const stream = await open(`/v1/orders/${id}/events`, 'buyer-ada', `${second?.tx}-${second?.id}`);
  await stream.ended;
  const timeline = await readTimeline(api.database.orm.em.fork(), id);
  expect(stream.seen.map(({ type }) => type)).toEqual(timeline.slice(2).map(({ type }) => type));
});

test('Last-Event-ID goes on where the stream broke off, also after a restart of the API', async () => {
  const id = await place('stream-2');
  const first = await open(`/v1/orders/${id}/events`);
  const before = await first.until(has('check_issued'));
  await first.stop();
  const last = before.at(-1)?.id ?? '';
  const seenBefore = before.length;

  const events = createEventFeed(api.deps);
  const restarted = await serve(createApp({ ...api.deps, events }), { host: '127.0.0.1', port: 0 });
  await deliver(id);
  await completed(id);
  const second = await open(`/v1/orders/${id}/events`, 'buyer-ada', last, restarted.url);
  await second.until(has('order_completed'));
  const all = await readTimeline(api.database.orm.em.fork(), id);
  expect(second.seen.map(({ type }) => type)).toEqual(all.slice(seenBefore).map(({ type }) => type));
  events.close();
  await second.ended;
  await restarted.close();
});
