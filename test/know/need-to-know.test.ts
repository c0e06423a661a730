import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Role } from '../../domain/party.ts';
import { EVENT_TYPES } from '../../domain/timeline.ts';
import { expectProblem } from '../api/support.ts';
import { faultsBySchema } from '../support/published-schema.ts';
import { orderWhen } from '../support/service.ts';
import { allThatIsGot, asText, listen, type Got, type GotEvent, type Listener, type Listeners } from './channels.ts';
import { openOrders, SECRETS, SITUATIONS, type Orders, type Situation } from './situations.ts';
import {
  ATTENTION_MEMBERS,
  CHECK_MEMBERS,
  EVENTS,
  LINE_MEMBERS,
  LINK_MEMBERS,
  ORDER_MEMBERS,
  REFUSALS,
  REGISTER_MEMBERS,
} from './table.ts';

/*
 * Role x stage x field x channel: orders are brought to every stage and every ending, and each of their parties, who listens from
 * before the first of them on, gets by every channel what the table says and nothing else.
 */

let orders: Orders;
let listeners: Listeners;
const ids = new Map<string, string>();
/** The check of each order, as its buyer holds it. */
const checks = new Map<string, string>();

beforeAll(async () => {
  orders = await openOrders();
  listeners = await listen(orders.service);
  for (const situation of SITUATIONS) {
    if (situation.name === 'requested') await orders.expire();
    ids.set(situation.name, await orders.make(situation));
  }
  for (const { name, stage } of SITUATIONS) {
    const order = await orderWhen(orders.service, idOf(name), (now) => now.stage === stage);
    const own = await orders.service.ask('GET', `/v1/orders/${order.id}`);
    checks.set(name, own.body.echeck?.jws ?? 'no check');
  }
  await listeners.settled();
});
afterAll(async () => {
  await listeners.close();
  await orders.service.close();
});

function idOf(name: string): string {
  return ids.get(name) ?? '';
}

const ROLES = ['buyer', 'seller', 'distributor', 'operator'] as const;
const cases = SITUATIONS.flatMap((situation) => ROLES.map((role) => [situation.name, role, situation] as const));

function exists(situation: Situation, role: Role): boolean {
  return role === 'buyer' || role === 'operator' || situation.existsFor.includes(role);
}

/** The order's party in that role. */
async function listenerOf(situation: Situation, role: Role): Promise<Listener> {
  const { body } = await orders.service.ask('GET', `/v1/orders/${idOf(situation.name)}`, { as: 'operator-olga' });
  const id = role === 'operator' ? 'operator-olga' : body[`${role}Id`];
  const listener = listeners.all.find((one) => one.id === id);
  if (!listener) throw new Error(`${id} does not listen`);
  return listener;
}

/** Asked for once: nothing happens to the orders any more. */
const known = new Map<string, Promise<Got>>();
function got(situation: Situation, role: Role): Promise<Got> {
  const name = `${situation.name} ${role}`;
  const gotten = known.get(name) ?? ask(situation, role);
  known.set(name, gotten);
  return gotten;
}

const ask = async (situation: Situation, role: Role): Promise<Got> =>
  allThatIsGot(orders.service, await listenerOf(situation, role), idOf(situation.name));

describe('an order exists for a role, or does not, by every channel alike', () => {
  const hidden = cases.filter(([, role, situation]) => !exists(situation, role));
  test.each(hidden)('%s: not for its %s', async (name, role, situation) => {
    const { read, timeline, money, echeck, listed, ...events } = await got(situation, role);
    for (const answer of [read, timeline, echeck]) expectProblem(answer, 'not-found');
    expectProblem(money, role === 'distributor' ? 'forbidden' : 'not-found');
    expect(listed).toBeUndefined();
    expect(events).toEqual({ ownStream: 404, stream: [], webhooks: [] });
    const { token } = await listenerOf(situation, role);
    for (const [path, body] of ACTIONS[role] ?? []) {
      const key = { key: 'too early' };
      const acted = await orders.service.ask('POST', `/v1/orders/${idOf(name)}/${path}`, { as: token, body, ...key });
      expectProblem(acted, 'not-found');
    }
  });

  const existing = cases.filter(([, role, situation]) => exists(situation, role));
  test.each(existing)('%s: for its %s', async (_name, role, situation) => {
    const { read, timeline, money, listed } = await got(situation, role);
    expect([read.status, timeline.status, money.status]).toEqual([200, 200, role === 'distributor' ? 403 : 200]);
    expect(listed).toEqual(read.body);
  });
});

/** What a party might try with an order that does not exist for it. */
const ACTIONS: Partial<Record<Role, readonly (readonly [path: string, body: unknown])[]>> = {
  seller: [
    ['acceptance', {}],
    ['refusal', { reason: 'no' }],
    ['refund', { reason: 'no' }],
  ],
  distributor: [
    ['schedule', { deliverAt: '2030-01-02T10:00:00Z' }],
    ['distribution-events', { eventId: 'early', kind: 'picked_up', occurredAt: new Date().toISOString() }],
  ],
};

const readable = cases.filter(([, role, situation]) => exists(situation, role));

describe('the order itself', () => {
  test.each(readable)('%s: its %s', async (name, role, situation) => {
    const { read, echeck } = await got(situation, role);
    const order = read.body;
    for (const [member, expected] of Object.entries(ORDER_MEMBERS[role])) {
      // What was never priced has no charge for anybody.
      const isPriced = !['requested', 'declined', 'rejected before it was presented'].includes(name);
      const shown = expected === 'shown' && (member !== 'charge' || isPriced);
      expect([member, order[member] !== null]).toEqual([member, shown]);
    }
    if (order.deliverTo) expect(order.deliverTo.street).toBe(SECRETS.street);
    for (const line of order.lines)
      expect(LINE_MEMBERS[role].split(' ')).toEqual(expect.arrayContaining(membersOf(line)));
    if (order.stage === 'scheduled') expect(membersOf(order.lines[0]).join(' ')).toBe(LINE_MEMBERS[role]);
    if (order.echeck) expect(membersOf(order.echeck).join(' ')).toBe(CHECK_MEMBERS[role]);
    if (echeck.status === 200) expect(membersOf(echeck.body)).toEqual(REGISTER_MEMBERS[role].split(' ').toSorted());
    if (order.attention) expect(membersOf(order.attention).join(' ')).toBe(ATTENTION_MEMBERS[role]);
    expect(membersOf(order.links)).toEqual(LINK_MEMBERS[role].split(' ').toSorted());
    if (order.refusal) expect(REFUSALS[role]).toContain(order.refusal.code);
  });

  test('somebody looks after the one that is stuck, which all of its parties learn', async () => {
    for (const role of ROLES) {
      const { read } = await got(situationOf('delivered and stuck'), role);
      expect(Date.parse(read.body.attention.since)).not.toBeNaN();
    }
  });

  test('its refusal is read by whom it concerns', async () => {
    const refused = situationOf('refused by its seller');
    const by = async (role: Role) => (await got(refused, role)).read.body.refusal;
    expect(await by('buyer')).toEqual({ code: 'refused-by-seller', detail: SECRETS.sellersWords });
    expect(await by('seller')).toEqual({ code: 'refused-by-seller', detail: SECRETS.sellersWords });
    expect((await got(situationOf('declined'), 'buyer')).read.body.refusal.code).toBe('credit-declined');
  });
});

function situationOf(name: string): Situation {
  const situation = SITUATIONS.find((one) => one.name === name);
  if (!situation) throw new Error(`no situation ${name}`);
  return situation;
}

function membersOf(value: object): string[] {
  return Object.keys(value).toSorted();
}

describe('what happened', () => {
  const column = { buyer: 1, seller: 2, distributor: 3 } as const;
  const allowed = (role: keyof typeof column) => new Map(EVENTS.map((row) => [row[0], row[column[role]]]));

  test.each(readable.filter(([, role]) => role !== 'operator'))(
    '%s: its %s learns of what the table says',
    async (_name, role, situation) => {
      if (role === 'operator') return;
      const table = allowed(role);
      const [theirs, all] = [await got(situation, role), await got(situation, 'operator')];
      const events = theirs.timeline.body.data as GotEvent[];
      for (const { type, body } of events) {
        expect([type, table.get(type)]).not.toEqual([type, '-']);
        expect([type, table.get(type)?.split(' ')]).toEqual([type, expect.arrayContaining(membersOf(body))]);
      }
      const unseen = (all.timeline.body.data as GotEvent[]).filter(
        ({ id }) => !events.some((event) => event.id === id),
      );
      for (const { type } of unseen) expect([type, table.get(type)]).toEqual([type, '-']);
    },
  );

  const FROM: Partial<Record<Role, string>> = { seller: 'check_presented', distributor: 'distribution_instructed' };

  test.each(readable)('%s: streams and webhooks tell its %s what its timeline does', async (_name, role, situation) => {
    const { timeline, ownStream, stream, webhooks } = await got(situation, role);
    const events = (timeline.body.data as GotEvent[]).map(({ id, type, actor, body }) => ({ id, type, actor, body }));
    const first = FROM[role];
    const told = first ? events.slice(events.findIndex(({ type }) => type === first)) : events;
    expect(ownStream).toEqual(told);
    expect(stream).toEqual(told);
    // One order's webhooks come in its order.
    expect(webhooks).toEqual(told);
  });

  test('what was queued for a webhook before it was known that it is not for its party is not sent', async () => {
    const { orm } = orders.service.deps;
    const of = idOf('completed');
    const [queued] = await orm.em.fork().execute<{ id: string }[]>(
      `insert into webhook_deliveries (webhook_id, event_id, order_id)
       select w.id, e.id, e.order_id from webhooks w, order_events e
       where w.party_id = 'distributor-swift' and e.order_id = ? and e.type = 'payment_settled' returning id`,
      [of],
    );
    await listeners.settled();
    const [row] = await orm.em
      .fork()
      .execute<{ status: string }[]>('select status from webhook_deliveries where id = ?', [String(queued?.id)]);
    expect(row).toEqual({ status: 'dead' });
    const swift = listeners.all.find(({ id }) => id === 'distributor-swift');
    expect(swift?.receiver.received.map(({ body }) => body.type)).not.toContain('payment_settled');
  });

  test('the receiver is read by the parties, and who acts for the office is not named to them', async () => {
    const completed = situationOf('completed');
    for (const role of ['buyer', 'seller', 'distributor'] as const) {
      const { timeline } = await got(completed, role);
      const proof = timeline.body.data.find(({ type }: GotEvent) => type === 'distribution_completed');
      expect(proof.body.receivedBy).toBe(SECRETS.receiver);
    }
    const { timeline } = await got(situationOf('read by the office'), 'buyer');
    const read = timeline.body.data.find(({ type }: GotEvent) => type === 'address_read');
    expect(read).toMatchObject({ actor: 'check-office', body: {} });
  });
});

describe('what is told is as the OpenAPI document has it', () => {
  test.each(['buyer', 'seller', 'distributor', 'operator'])('by the streams and webhooks of every %s', (role) => {
    for (const { stream, receiver } of listeners.all.filter((listener) => listener.role === role)) {
      for (const { id, ...data } of stream.seen)
        expect(faultsBySchema('StreamMessage', { id, data: { ...data, id } })).toEqual([]);
      for (const { name, data } of stream.notices)
        expect(faultsBySchema('StreamMessage', { event: name, retry: 2_000, data })).toEqual([]);
      for (const { body } of receiver.received) expect(faultsBySchema('WebhookMessage', body)).toEqual([]);
    }
  });

  test('every type of event is among it, but for those of test/e2e/published-events.test.ts', () => {
    const olga = listeners.all.find(({ role }) => role === 'operator');
    const told = new Set(olga?.receiver.received.map(({ body }) => body.type));
    // A loaded machine loses attempts: their attention is cleared, too.
    const untold = EVENT_TYPES.filter((type) => !told.has(type) && type !== 'attention_cleared');
    expect(untold).toEqual(['check_refused', 'message_ignored']);
  });
});

test("Temporal's lists and cards hold nothing personal, whatever an order has come to", async () => {
  const { client } = orders.service;
  for (const { name } of SITUATIONS.filter((situation) => situation.name !== 'requested')) {
    const handle = client.workflow.getHandle(idOf(name));
    const { memo, typedSearchAttributes } = await handle.describe();
    const card = await handle.query('__temporal_workflow_metadata');
    const text = JSON.stringify([memo, typedSearchAttributes.getAll(), card]);
    for (const personal of [SECRETS.street, SECRETS.receiver, SECRETS.note, '10115'])
      expect([name, text]).not.toEqual([name, expect.stringContaining(personal)]);
  }
});

describe('no byte of it', () => {
  const WORDS = [SECRETS.officesWords, SECRETS.buyersWords, SECRETS.sellersWords];
  /** What no channel shows to a role, whatever the order has come to. */
  const NEVER: Record<Role, readonly string[]> = {
    buyer: [SECRETS.officesWords, 'operator-olga', 'the salt'],
    seller: [SECRETS.officesWords, SECRETS.buyersWords, 'operator-olga', 'credit-declined', 'the salt'],
    distributor: [
      ...WORDS,
      'operator-olga',
      'the salt',
      '"charge":{',
      'unitPrice',
      '"total"',
      '"amount"',
      '"EUR"',
      'credit',
    ],
    operator: [SECRETS.street, SECRETS.receiver, SECRETS.note, 'the salt'],
  };

  test.each(cases)('%s: shows its %s what is not for it', async (name, role, situation) => {
    const text = asText(await got(situation, role));
    for (const secret of NEVER[role]) expect(text).not.toContain(secret);
    // Nothing sealed leaves the office, and the signed check goes to those alone who hold it.
    const holds = (role === 'buyer' || role === 'seller') && exists(situation, role);
    const rest = holds ? text.replaceAll(checks.get(name) ?? '', '') : text;
    expect(rest).not.toContain('eyJ');
    if (!exists(situation, role)) expect(text).not.toContain(SECRETS.street);
  });

  test('nor do the books of an account, where all that its orders have moved stands', async () => {
    for (const { role, id, token } of listeners.all.filter((one) => one.role === 'buyer' || one.role === 'seller')) {
      const read = (path: string) => orders.service.ask('GET', path, { as: token });
      const books = [
        await read('/v1/account/entries?limit=100'),
        await read(`/v1/accounts/${id}/statement?limit=100`),
        await read(`/v1/accounts/${id}/statement?format=csv`),
      ];
      expect(books.map(({ status }) => status)).toEqual([200, 200, 200]);
      const text = JSON.stringify(books.map(({ body }) => body));
      for (const secret of NEVER[role]) expect([id, text]).not.toEqual([id, expect.stringContaining(secret)]);
    }
  });
});
