import { isDeepStrictEqual } from 'node:util';
import { NativeConnection } from '@temporalio/worker';
import type { Role } from '../../domain/party.ts';
import { readEvents, type EventReader, type SeenEvent } from '../api/event-reader.ts';
import type { Answer } from '../api/support.ts';
import { startReceiver, type Receiver } from '../api/webhook-receiver.ts';
import { deliverOver } from '../api/webhook-service.ts';
import type { TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

/** An event as a party gets it, by whichever channel. */
export interface GotEvent {
  readonly id: string;
  readonly type: string;
  readonly actor: string;
  readonly body: Record<string, unknown>;
}

/** A party who listens, from before the first order on: to the stream of all its orders, and with a webhook. */
export interface Listener {
  readonly role: Role;
  readonly id: string;
  readonly token: string;
  readonly stream: EventReader;
  readonly receiver: Receiver;
}

/** Those who deal in the orders of this test, and the office. */
const PARTIES: readonly (readonly [Role, string])[] = [
  ['buyer', 'buyer-ada'],
  ['seller', 'seller-mill'],
  ['seller', 'seller-forge'],
  ['distributor', 'distributor-swift'],
  ['distributor', 'distributor-hand'],
  ['operator', 'operator-olga'],
];

export interface Listeners {
  readonly all: readonly Listener[];
  /** Waits until every event that is on record has been queued for its webhooks and delivered. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export async function listen(service: TestService): Promise<Listeners> {
  const connection = await NativeConnection.connect({ address: service.temporal.address });
  const all: Listener[] = [];
  for (const [role, id] of PARTIES) {
    const token = await service.issuer.issue({ id, role });
    const receiver = await startReceiver();
    const made = await service.ask('POST', '/v1/webhooks', { as: token, body: { url: receiver.url } });
    if (made.status !== 201) throw new Error(JSON.stringify(made.body));
    const stream = await readEvents(`${service.url}/v1/events`, token);
    all.push({ role, id, token, stream, receiver });
  }
  const stop = await deliverOver(service, connection);
  return {
    all,
    settled: () => settled(service),
    async close() {
      for (const { stream, receiver } of all) await Promise.all([stream.stop(), receiver.close()]);
      await stop();
      await connection.close();
    },
  };
}

async function settled({ deps }: TestService): Promise<void> {
  const open = `select (select count(*) from webhook_deliveries where status = 'pending')::int as pending,
    (select (select max(id) from order_events) - place from outbox_readers where name = 'webhooks')::int as unread`;
  await until(
    async () => (await deps.orm.em.fork().execute<{ pending: number; unread: number }[]>(open))[0],
    (row) => row?.pending === 0 && row.unread <= 0,
    { progress: (row) => JSON.stringify(row), pauseMs: 100 },
  );
}

function inList({ body }: Answer, orderId: string): { readonly attention: unknown } | undefined {
  return body.data.find(({ id }: { id: string }) => id === orderId);
}

/** All that a party gets of one order, by every channel there is: of what is told, as far as its timeline goes. */
export interface Got {
  readonly read: Answer;
  readonly listed: unknown;
  readonly timeline: Answer;
  readonly money: Answer;
  readonly echeck: Answer;
  readonly ownStream: readonly GotEvent[] | number;
  readonly stream: readonly GotEvent[];
  readonly webhooks: readonly GotEvent[];
}

export async function allThatIsGot(service: TestService, listener: Listener, orderId: string): Promise<Got> {
  const { token, stream, receiver } = listener;
  const get = (path: string) => service.ask('GET', path, { as: token });
  const timeline = await get(`/v1/orders/${orderId}/timeline`);
  const last: string | undefined = timeline.body.data?.at(-1)?.id;
  const hasCome = (seen: readonly SeenEvent[]) =>
    last === undefined || seen.some((event) => eventOf(event).id === last);
  const told = (seen: readonly SeenEvent[]) =>
    upTo(last, seen.filter((event) => event.orderId === orderId).map(eventOf));
  const hooked = () => receiver.received.map(({ body }): SeenEvent => body.data);
  await stream.until(hasCome);
  await receiver.until(() => hasCome(hooked()));
  const own = await followed(service, listener, { orderId, hasCome });
  // What an order cannot say itself is looked for now and then, so that it may come between the two answers.
  const { read, listed } = await until(
    async () => ({
      read: await get(`/v1/orders/${orderId}`),
      listed: inList(await get('/v1/orders?limit=100'), orderId),
    }),
    (now) => now.listed === undefined || isDeepStrictEqual(now.listed.attention, now.read.body.attention),
  );
  return {
    read,
    listed,
    timeline,
    money: await get(`/v1/orders/${orderId}/money`),
    echeck: await get(`/v1/echecks/${orderId.replace('order-', 'check-')}`),
    ownStream: typeof own === 'number' ? own : told(own),
    stream: told(stream.seen),
    // What was not answered in time is sent again.
    webhooks: told(hooked().filter(({ id }, index, all) => all.findIndex((event) => event.id === id) === index)),
  };
}

/** An order may get another event while it is read; a party for which it does not exist has no last one. */
function upTo(last: string | undefined, events: readonly GotEvent[]): readonly GotEvent[] {
  return last === undefined ? events : events.slice(0, events.findIndex(({ id }) => id === last) + 1);
}

/** The order's own stream, or the status with which it is refused. */
async function followed(
  service: TestService,
  { token }: Listener,
  { orderId, hasCome }: { orderId: string; hasCome: (seen: readonly SeenEvent[]) => boolean },
): Promise<readonly SeenEvent[] | number> {
  const path = `/v1/orders/${orderId}/events`;
  const { status } = await service.ask('GET', path, { as: token });
  if (status !== 200) return status;
  const own = await readEvents(`${service.url}${path}`, token);
  await own.until(hasCome);
  await own.stop();
  return own.seen;
}

/** Of a stream the id is the place; an event's own is its last part. */
function eventOf(event: object): GotEvent {
  const { id, type, actor, body } = event as GotEvent;
  return { id: id.split('-').at(-1) ?? id, type, actor, body };
}

/** Every byte of it. */
export function asText(got: Got): string {
  return JSON.stringify(got, (key, value: unknown) => (key === 'headers' ? undefined : value));
}
