import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApp } from '../../api/app.ts';
import { serve, type RunningApi } from '../../api/serve.ts';
import { readTimeline } from '../../office/orders/timeline.ts';
import { expectProblem, reportOnceInstructed, type Answer } from '../api/support.ts';
import { finalOrder, orderFor, orderWhen, testService, type TestService, presentationOf } from '../support/service.ts';

const OLGA = 'operator-olga';
const SWIFT = 'distributor-swift';
let service: TestService;
/** An order that was delivered. */
let id: string;

beforeAll(async () => {
  service = await testService();
  id = (await service.ask('POST', '/v1/orders', { body: orderFor(), key: 'read' })).body.id;
  const at = new Date().toISOString();
  await reportOnceInstructed(service, id, { eventId: 'a', kind: 'failed_attempt', occurredAt: at, note: 'no bell' });
  await reportOnceInstructed(service, id, { eventId: 'b', kind: 'delivered', occurredAt: at, receivedBy: 'Eve' });
  await finalOrder(service, id);
});
afterAll(() => service.close());

const read = (query: string, as = OLGA, of = id) =>
  service.ask('GET', `/v1/orders/${of}/delivery-address${query}`, { as });

describe('reading an address as the check office', () => {
  test('opens address, receiver and notes, once it is on record who reads them and why', async () => {
    expect(await read('?reason=the%20driver%20asks')).toMatchObject({
      status: 200,
      body: {
        orderId: id,
        deliverTo: orderFor()['deliverTo'],
        receivedBy: 'Eve',
        notes: [{ eventId: 'a', note: 'no bell' }],
      },
    });
    const events = await readTimeline(service.deps.orm.em.fork(), id);
    expect(events.at(-1)).toMatchObject({ type: 'address_read', actor: OLGA, body: { reason: 'the driver asks' } });
    expect((await timeline('buyer-ada')).at(-1)).toMatchObject({
      type: 'address_read',
      actor: 'check-office',
      body: {},
    });
  });

  test('each time anew; a refused one leaves no trace and opens nothing', async () => {
    const before = await readTimeline(service.deps.orm.em.fork(), id);
    for (const query of ['', '?reason=', '?reason=%20', `?reason=${'x'.repeat(501)}`, '?reason=a&why=b'])
      expectProblem(await read(query), 'invalid-request');
    for (const as of ['buyer-ada', 'seller-mill', SWIFT]) expectProblem(await read('?reason=curious', as), 'forbidden');
    expectProblem(await read('?reason=lost', OLGA, `order-${'z'.repeat(26)}`), 'not-found');
    await read('?reason=once');
    await read('?reason=once');
    const after = await readTimeline(service.deps.orm.em.fork(), id);
    expect(after.slice(before.length).map(({ body }) => body)).toEqual([{ reason: 'once' }, { reason: 'once' }]);
  });

  test('opens an order that nobody has priced yet, and says so of one whose buyer was forgotten', async () => {
    const body = orderFor({ presentation: 'manual' });
    const made = await service.ask('POST', '/v1/orders', { body, key: 'forgotten', as: 'buyer-bob' });
    expect((await read('?reason=asked', OLGA, made.body.id)).body).toMatchObject({ receivedBy: null, notes: [] });
    await service.deps.sealer.forget('buyer-bob');
    expect((await read('?reason=asked', OLGA, made.body.id)).body.deliverTo).toBeNull();
    const own = await service.ask('GET', `/v1/orders/${made.body.id}`, { as: 'buyer-bob' });
    expect(own).toMatchObject({ status: 200, body: { deliverTo: null } });
    expect((await service.ask('GET', `/v1/orders/${made.body.id}/timeline`, { as: 'buyer-bob' })).status).toBe(200);
  });
});

async function timeline(as: string, at?: string): Promise<Answer['body'][]> {
  return (await service.ask('GET', `/v1/orders/${id}/timeline`, { as, ...(at !== undefined && { at }) })).body.data;
}

describe('30 days after the end', () => {
  let later: RunningApi;
  beforeAll(async () => {
    const clock = () => new Date(Date.now() + 30 * 86_400_000);
    later = await serve(createApp({ ...service.deps, clock }), { host: '127.0.0.1', port: 0 });
  });
  afterAll(() => later.close());

  test.each([
    ['buyer-ada', true],
    ['seller-mill', true],
    [SWIFT, false],
  ])('%s still reads where and to whom: %s', async (as, remembers) => {
    const order = await service.ask('GET', `/v1/orders/${id}`, { as, at: later.url });
    expect(order.body.deliverTo !== null).toBe(remembers);
    const list = await service.ask('GET', '/v1/orders', { as, at: later.url });
    expect(list.body.data[0].deliverTo !== null).toBe(remembers);
    const text = JSON.stringify(await timeline(as, later.url));
    for (const personal of ['Hauptstr. 1', 'Eve', 'no bell']) expect(text.includes(personal)).toBe(remembers);
    const before = JSON.stringify(await timeline(as));
    for (const personal of ['Hauptstr. 1', 'Eve', 'no bell']) expect(before).toContain(personal);
  });
});

describe('an e-check', () => {
  const validate = (as: string, echeck: string) =>
    service.ask('POST', '/v1/echecks/validation', { as, body: { echeck } });

  test('is judged for its distributor once it is instructed, without its status', async () => {
    const waiting = await service.ask('POST', '/v1/orders', {
      body: orderFor({ presentation: 'manual' }),
      key: 'check',
    });
    const { jws } = waiting.body.echeck;
    expect((await validate(SWIFT, jws)).body).toEqual({ valid: false, reason: 'wrong_payee', status: null });
    expectProblem(await service.ask('GET', `/v1/echecks/${waiting.body.echeck.number}`, { as: SWIFT }), 'not-found');
    await service.ask('POST', `/v1/orders/${waiting.body.id}/presentation`, { body: presentationOf(waiting.body) });
    await orderWhen(service, waiting.body.id, ({ stage }) => stage === 'scheduled');
    expect((await validate(SWIFT, jws)).body.status).toBeNull();
    const { number } = waiting.body.echeck;
    expect((await service.ask('GET', `/v1/echecks/${number}`, { as: SWIFT })).body).toEqual({ number });
  });
});

describe('an e-check that is not good', () => {
  const swift = 'distributor-swift';
  const asked = (as: string, echeck: string, at?: string) =>
    service.ask('POST', '/v1/echecks/validation', { as, body: { echeck }, ...(at !== undefined && { at }) });
  const FOREIGN = { valid: false, reason: 'wrong_payee', status: null };
  const STRANGERS = ['buyer-bob', 'seller-forge', swift];

  async function checkOf(key: string, change = {}): Promise<{ jws: string; number: string; id: string }> {
    const { body } = await service.ask('POST', '/v1/orders', { body: orderFor(change), key });
    return { ...body.echeck, id: body.id };
  }
  const account = (status: string) =>
    service.ask('PATCH', '/v1/accounts/buyer-ada', { as: OLGA, body: { status } }).then(({ status: done }) => done);

  test('is a foreign one to whom it does not concern, whatever is wrong with it', async () => {
    const { jws, number } = await checkOf('foreign', { presentation: 'manual' });
    const later = await serve(createApp({ ...service.deps, clock: () => new Date(Date.now() + 400 * 86_400_000) }), {
      host: '127.0.0.1',
      port: 0,
    });
    expect((await asked('seller-mill', jws, later.url)).body).toMatchObject({ reason: 'expired', status: 'issued' });
    for (const as of STRANGERS) expect([as, (await asked(as, jws, later.url)).body]).toEqual([as, FOREIGN]);
    await later.close();
    expect(await account('frozen')).toBe(200);
    expect((await asked('seller-mill', jws)).body).toMatchObject({ reason: 'account_frozen', status: 'issued' });
    for (const as of STRANGERS) expect([as, (await asked(as, jws)).body]).toEqual([as, FOREIGN]);
    expect(await account('open')).toBe(200);
    await service.ask('POST', `/v1/echecks/${number}/stop`);
    expect((await asked('seller-mill', jws)).body).toMatchObject({ reason: 'stopped', status: 'stopped' });
    for (const as of STRANGERS) expect([as, (await asked(as, jws)).body]).toEqual([as, FOREIGN]);
  });

  test("says nothing of its buyer's account to the distributor whom it concerns", async () => {
    const { jws, id: orderId } = await checkOf('frozen later');
    await orderWhen(service, orderId, ({ stage }) => stage === 'scheduled');
    expect(await account('frozen')).toBe(200);
    const verdict = await asked(swift, jws);
    expect(await account('open')).toBe(200);
    expect(verdict.body.status).toBeNull();
    expect(JSON.stringify(verdict.body)).not.toContain('account');
  });
});

test("the ledger's words are for operators: entries show parties none of what happened to an order", async () => {
  const made = await service.ask('POST', '/v1/orders', { body: orderFor({ presentation: 'manual' }), key: 'words' });
  const reason = 'we never liked this buyer';
  await service.ask('POST', `/v1/orders/${made.body.id}/cancellation`, { as: OLGA, body: { reason } });
  const money = (as: string) => service.ask('GET', `/v1/orders/${made.body.id}/money`, { as });
  expect(JSON.stringify((await money(OLGA)).body)).toContain(reason);
  for (const path of [`/v1/orders/${made.body.id}/money`, '/v1/account/entries', '/v1/accounts/buyer-ada/statement'])
    expect(JSON.stringify((await service.ask('GET', path)).body)).not.toContain(reason);
});
