import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { Client } from '@temporalio/client';
import { createApp } from '../../api/app.ts';
import { serve } from '../../api/serve.ts';
import { createOrderGateway } from '../../api/temporal/order-gateway.ts';
import { wednesdayNoon } from '../support/service-date.ts';
import { testTemporal } from '../support/temporal.ts';
import type { RunningWorker } from '../support/worker.ts';
import {
  expectProblem,
  flourOrder,
  reportOnceInstructed,
  scheduleOnceInstructed,
  testApi,
  workerFor,
  type Answer,
  type TestApi,
} from './support.ts';
import { presentationOf } from '../support/service.ts';
import { until } from '../support/until.ts';

let api: TestApi;
let worker: RunningWorker;
beforeAll(async () => {
  api = await testApi();
  worker = await workerFor(api);
});
afterAll(async () => {
  await worker.stop();
  await api.close();
});

const post = (path: string, as: string, body?: unknown, key?: string) => api.ask('POST', path, { as, body, key });
const read = (id: string, as = 'buyer-ada') => api.ask('GET', `/v1/orders/${id}`, { as });
const order = (key: string, change = {}) => post('/v1/orders', 'buyer-ada', flourOrder(change), key);

async function deliver(id: string): Promise<Answer> {
  const event = {
    eventId: 'scan-9',
    kind: 'delivered',
    occurredAt: new Date().toISOString(),
    receivedBy: 'Ada Becker',
  };
  expect((await reportOnceInstructed(api, id, event)).status).toBe(202);
  return until(
    () => read(id),
    ({ body }) => body.stage === 'completed',
  );
}

/** The same API over the same database, with a Temporal that knows nothing of what was: no history, no retention. */
async function withAnotherTemporal(work: (again: typeof order) => Promise<void>): Promise<void> {
  const temporal = await testTemporal();
  const { connection } = api.client;
  const client = new Client({ connection, namespace: temporal.namespace });
  const gateway = createOrderGateway({ client, decisionWaitMs: 30_000 });
  const forgetful = await workerFor({ ...api, temporal });
  const server = await serve(createApp({ ...api.deps, gateway }), { host: '127.0.0.1', port: 0 });
  const again = (key: string, change = {}) =>
    api.ask('POST', '/v1/orders', { body: flourOrder(change), key, at: server.url });
  await work(again);
  await server.close();
  await forgetful.stop();
}

describe('POST /v1/orders', () => {
  test('answers the order with its signed check, which anyone verifies with the published keys', async () => {
    const answer = await order('first');
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/v1/orders/${answer.body.id}`);
    expect(answer.body).toMatchObject({
      buyerId: 'buyer-ada',
      sellerId: 'seller-mill',
      distributorId: 'distributor-swift',
      charge: { amount: 3780, currency: 'EUR' },
      deliverTo: flourOrder().deliverTo,
      settleOn: 'delivery',
      attention: null,
      refusal: null,
      payment: { status: 'held', amount: { amount: 3780, currency: 'EUR' } },
      links: { self: `/v1/orders/${answer.body.id}` },
    });
    const jwks = (await api.ask('GET', '/.well-known/jwks.json', { as: null })).body;
    const { payload } = await jwtVerify(answer.body.echeck.jws, createLocalJWKSet(jwks), { typ: 'echeck+jwt' });
    expect(payload).toMatchObject({
      jti: answer.body.echeck.number,
      aud: 'seller-mill',
      charge: { amount: 3780, currency: 'EUR' },
      terminal: { buyerId: 'buyer-ada', terminalId: 'terminal-ada' },
    });
  });

  test('the same key and body is the same order, also when it has long ended; another body is refused permanently', async () => {
    const first = await order('twice');
    const again = await order('twice');
    expect(again.status).toBe(201);
    expect(again.body.id).toBe(first.body.id);
    expect(again.body.echeck.jws).toBe(first.body.echeck.jws);
    const other = flourOrder({ lines: [{ sku: 'rye-1kg', quantity: 1 }] });
    expectProblem(await post('/v1/orders', 'buyer-ada', other, 'twice'), 'idempotency-key-reused');

    await deliver(first.body.id);
    const late = await order('twice');
    expect(late.status).toBe(201);
    expect(late.body).toMatchObject({ id: first.body.id, echeck: { jws: first.body.echeck.jws } });
    expectProblem(await post('/v1/orders', 'buyer-ada', other, 'twice'), 'idempotency-key-reused');
  });

  test('the same key of another buyer is another order', async () => {
    const body = flourOrder({ lines: [{ sku: 'rye-1kg', quantity: 1 }] });
    const bob = await post('/v1/orders', 'buyer-bob', body, 'first');
    expect(bob.status).toBe(201);
    expect(bob.body.buyerId).toBe('buyer-bob');
  });

  test.each([
    ['credit-declined', 'buyer-bob', { lines: [{ sku: 'flour-25kg', quantity: 2 }] }, 'declined'],
    ['seller-not-registered', 'buyer-ada', { sellerId: 'seller-nobody' }, 'rejected'],
    ['distributor-not-registered', 'buyer-ada', { distributorId: 'distributor-nobody' }, 'rejected'],
    ['unknown-commodity', 'buyer-ada', { lines: [{ sku: 'gold', quantity: 1 }] }, 'rejected'],
    ['price-changed', 'buyer-ada', { expectedCharge: { amount: 1, currency: 'EUR' } }, 'rejected'],
  ] as const)(
    '%s: nothing is held, the order stays readable, a repeat gets the same answer',
    async (slug, as, change, stage) => {
      const held = (await api.ask('GET', '/v1/account', { as })).body.held;
      const answer = await post('/v1/orders', as, flourOrder(change), slug);
      expectProblem(answer, slug);
      const { orderId } = answer.body;
      const refused = await read(orderId, as);
      expect(refused.body.stage).toBe(stage);
      expect(refused.body).toMatchObject({ refusal: { code: slug }, echeck: null, payment: { status: 'none' } });
      expect((await api.ask('GET', '/v1/account', { as })).body.held).toEqual(held);
      const again = await post('/v1/orders', as, flourOrder(change), slug);
      expectProblem(again, slug);
      expect(again.body.orderId).toBe(orderId);
    },
  );

  test('repeats get their answers also when Temporal has forgotten the orders', async () => {
    const good = await order('forgotten-good');
    await deliver(good.body.id);
    const bad = await order('forgotten-bad', { sellerId: 'seller-nobody' });

    await withAnotherTemporal(async (again) => {
      const repeated = await again('forgotten-good');
      expect(repeated).toMatchObject({ status: 201, body: { id: good.body.id, stage: 'completed' } });
      expectProblem(await again('forgotten-good', { settleOn: 'notice' }), 'idempotency-key-reused');
      const refused = await again('forgotten-bad', { sellerId: 'seller-nobody' });
      expectProblem(refused, 'seller-not-registered');
      expect(refused.body.orderId).toBe(bad.body.orderId);
    });
    const money = await api.ask('GET', `/v1/orders/${good.body.id}/money`);
    expect(money.body.entries.filter(({ kind }: { kind: string }) => kind === 'hold')).toHaveLength(1);
  });

  test('200 identical requests at once are one order', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => order('storm')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => `${body.id} ${body.echeck.jws}`)).size).toBe(1);
    const money = await api.ask('GET', `/v1/orders/${answers[0]?.body.id}/money`);
    expect(money.body.entries.filter(({ kind }: { kind: string }) => kind === 'hold')).toHaveLength(1);
  });
});

describe('the parties act by hand', () => {
  const manual = { presentation: 'manual', payment: 'manual' };

  test('presentation, acceptance, payment indication, and each of them again', async () => {
    const { body } = await order('manual', manual);
    const at = `/v1/orders/${body.id}`;
    expect(body.stage).toBe('check_issued');
    expectProblem(await read(body.id, 'seller-mill'), 'not-found');
    expectProblem(await post(`${at}/payment-indication`, 'buyer-ada'), 'illegal-transition');

    const altered = `${body.echeck.jws.slice(0, -8)}AAAAAAAA`;
    const refused = await post(`${at}/presentation`, 'buyer-ada', { ...presentationOf(body), echeck: altered });
    expectProblem(refused, 'echeck-invalid');
    expect(refused.body.reason).toBe('bad_signature');

    const moved = { ...presentationOf(body), deliverTo: { ...body.deliverTo, city: 'Bonn' } };
    const elsewhere = await post(`${at}/presentation`, 'buyer-ada', moved);
    expectProblem(elsewhere, 'echeck-invalid');
    expect(elsewhere.body.reason).toBe('altered');

    const good = presentationOf(body);
    for (const part of Object.keys(good)) {
      const incomplete = await post(`${at}/presentation`, 'buyer-ada', { ...good, [part]: undefined });
      expectProblem(incomplete, 'invalid-request');
      expect(JSON.stringify(incomplete.body.errors)).toContain(`"/${part}"`);
    }
    const presented = await post(`${at}/presentation`, 'buyer-ada', good);
    expect(presented).toMatchObject({ status: 200, body: { stage: 'accepted', echeck: { status: 'accepted' } } });
    expect((await post(`${at}/presentation`, 'buyer-ada', good)).status).toBe(200);
    expect((await read(body.id, 'seller-mill')).body.echeck.jws).toBe(body.echeck.jws);

    const { charge } = body;
    for (const amount of [
      { ...charge, amount: charge.amount - 1 },
      { ...charge, currency: 'JPY' },
    ]) {
      const differs = await post(`${at}/payment-indication`, 'buyer-ada', { amount });
      expectProblem(differs, 'amount-differs');
      expect(differs.body.charge).toEqual(charge);
    }
    for (const indication of [undefined, { amount: charge }, {}])
      expect((await post(`${at}/payment-indication`, 'buyer-ada', indication)).status).toBe(200);
    await until(
      () => read(body.id),
      (answer) => answer.body.stage === 'scheduled',
    );
    const timeline = (await api.ask('GET', `${at}/timeline`)).body.data.map(({ type }: { type: string }) => type);
    expect(timeline.filter((type: string) => type === 'payment_indicated')).toHaveLength(1);
    expect(timeline.indexOf('check_validated')).toBeLessThan(timeline.indexOf('distribution_promised'));
  });

  test('a cancellation, and the same again', async () => {
    const { body } = await order('cancel', manual);
    const cancelled = await post(`/v1/orders/${body.id}/cancellation`, 'buyer-ada', { reason: 'a mistake' });
    expect(cancelled).toMatchObject({ status: 200, body: { stage: 'cancelled', payment: { status: 'voided' } } });
    // To whom it was never presented it never existed.
    expectProblem(await post(`/v1/orders/${body.id}/acceptance`, 'seller-mill'), 'not-found');
  });

  test('a seller and a distributor who decide by hand', async () => {
    const seller = { name: 'The Forge', agent: 'manual' };
    expect(
      (await api.ask('PUT', '/v1/registry/sellers/seller-forge', { as: 'operator-olga', body: seller })).status,
    ).toBe(200);
    const distributor = { name: 'Swift', agent: 'manual' };
    const put = await api.ask('PUT', '/v1/registry/distributors/distributor-swift', {
      as: 'operator-olga',
      body: distributor,
    });
    expect(put.status).toBe(200);
    const goods = { sellerId: 'seller-forge', lines: [{ sku: 'nails-1kg', quantity: 1 }] };
    const [taken, refused] = [(await order('forge-1', goods)).body, (await order('forge-2', goods)).body];

    const presented = (id: string) =>
      until(
        () => read(id),
        ({ body }) => body.stage === 'presented',
      );
    await presented(taken.id);
    const accepted = await post(`/v1/orders/${taken.id}/acceptance`, 'seller-forge');
    expect(accepted.status).toBe(200);
    expect(accepted.body.stage).not.toBe('presented');
    const deliverAt = wednesdayNoon();
    expectProblem(await scheduleOnceInstructed(api, taken.id, '2020-01-01T00:00:00Z'), 'outside-service');
    const scheduled = await post(`/v1/orders/${taken.id}/schedule`, 'distributor-swift', { deliverAt });
    expect(scheduled).toMatchObject({ status: 200, body: { stage: 'scheduled', distribution: { deliverAt } } });

    await presented(refused.id);
    const no = await post(`/v1/orders/${refused.id}/refusal`, 'seller-forge', { reason: 'out of iron' });
    expect(no).toMatchObject({ status: 200, body: { stage: 'rejected', refusal: { code: 'refused-by-seller' } } });
    expect((await order('forge-2', goods)).status).toBe(201);

    const auto = { ...distributor, agent: 'auto' };
    await api.ask('PUT', '/v1/registry/distributors/distributor-swift', { as: 'operator-olga', body: auto });
  });
});

describe('after the delivery', () => {
  test('the order is completed, its money nets to zero, and it may be refunded up to what was settled', async () => {
    const { body } = await order('refund');
    expectProblem(
      await post(`/v1/orders/${body.id}/refund`, 'seller-mill', { reason: 'x' }, 'r0'),
      'refund-exceeds-settled',
    );
    const done = await deliver(body.id);
    expect(done.body).toMatchObject({
      payment: { status: 'settled', amount: { amount: 3780 } },
      echeck: { status: 'final' },
    });
    expect((await deliver(body.id)).body.stage).toBe('completed');
    const money = await api.ask('GET', `/v1/orders/${body.id}/money`);
    expect(money.body.proof).toEqual({
      sum: { amount: 0, currency: 'EUR' },
      held: { amount: 0, currency: 'EUR' },
      netsToZero: true,
    });

    const part = { amount: { amount: 780, currency: 'EUR' }, reason: 'one bag was torn' };
    const at = `/v1/orders/${body.id}/refund`;
    expectProblem(await post(at, 'seller-mill', part), 'idempotency-key-required');
    const first = await post(at, 'seller-mill', part, 'r1');
    expect(first).toMatchObject({ status: 200, body: { refund: { amount: { amount: 780 }, total: { amount: 780 } } } });
    expect((await post(at, 'seller-mill', part, 'r1')).body.refund).toEqual(first.body.refund);
    expectProblem(await post(at, 'seller-mill', { ...part, reason: 'other' }, 'r1'), 'idempotency-key-reused');
    const tooMuch = { amount: { amount: 3001, currency: 'EUR' }, reason: 'all' };
    expectProblem(await post(at, 'seller-mill', tooMuch, 'r2'), 'refund-exceeds-settled');
    const rest = await post(at, 'operator-olga', { reason: 'returned' }, 'r3');
    expect(rest.body).toMatchObject({
      stage: 'refunded',
      refund: { total: { amount: 3780 } },
      payment: { status: 'refunded' },
    });
  });

  test('the account of a seller with money on it cannot be closed', async () => {
    const { body } = await order('spent', { lines: [{ sku: 'rye-1kg', quantity: 1 }] });
    await deliver(body.id);
    const freeze = { as: 'operator-olga', body: { status: 'closed' } };
    expectProblem(await api.ask('PATCH', '/v1/accounts/seller-mill', freeze), 'account-conflict');
  });
});

describe('e-checks', () => {
  test('a good one is valid for its parties; a changed one, a stopped one and a foreign one are not', async () => {
    const { body } = await order('check', { presentation: 'manual' });
    const { jws, number } = body.echeck;
    const validate = (as: string, echeck: string) => post('/v1/echecks/validation', as, { echeck });
    expect((await validate('buyer-ada', jws)).body).toEqual({ valid: true, status: 'issued' });
    expect((await validate('seller-mill', jws)).body).toEqual({ valid: true, status: 'issued' });
    expect((await validate('seller-forge', jws)).body).toEqual({ valid: false, reason: 'wrong_payee', status: null });
    expect((await validate('seller-mill', `${jws}A`)).body).toMatchObject({ valid: false, reason: 'bad_signature' });
    expect((await validate('seller-mill', 'no check')).body).toEqual({
      valid: false,
      reason: 'bad_signature',
      status: null,
    });

    expect((await api.ask('GET', `/v1/echecks/${number}`)).body).toMatchObject({
      number,
      orderId: body.id,
      status: 'issued',
      jws,
    });
    expect((await api.ask('GET', `/v1/echecks/${number}`, { as: 'distributor-swift' })).body).not.toHaveProperty('jws');
    expectProblem(await api.ask('GET', `/v1/echecks/${number}`, { as: 'buyer-bob' }), 'not-found');
    expectProblem(await post(`/v1/echecks/${number}/stop`, 'buyer-bob'), 'not-found');

    for (const _time of [1, 2]) {
      expect(await post(`/v1/echecks/${number}/stop`, 'buyer-ada')).toMatchObject({
        status: 200,
        body: { status: 'stopped' },
      });
    }
    expect((await validate('seller-mill', jws)).body).toEqual({ valid: false, reason: 'stopped', status: 'stopped' });
    await until(
      () => read(body.id),
      (answer) => answer.body.stage === 'cancelled',
    );
  });

  test('an accepted one cannot be stopped any more', async () => {
    const { body } = await order('late-stop');
    await until(
      () => read(body.id),
      (answer) => answer.body.stage === 'scheduled',
    );
    expectProblem(await post(`/v1/echecks/${body.echeck.number}/stop`, 'buyer-ada'), 'illegal-transition');
  });
});

describe('reading', () => {
  test('lists are newest first, by keyset, and a party sees only its own', async () => {
    const ids: string[] = [];
    let cursor = '';
    for (let pages = 0; pages < 50; pages++) {
      const page = await api.ask('GET', `/v1/orders?limit=3${cursor && `&cursor=${cursor}`}`);
      expect(page.body.data.every(({ buyerId }: { buyerId: string }) => buyerId === 'buyer-ada')).toBe(true);
      ids.push(...page.body.data.map(({ id }: { id: string }) => id));
      cursor = page.body.nextCursor;
      if (cursor === null) break;
    }
    const all = await api.ask('GET', '/v1/orders?limit=100');
    expect(ids).toEqual(all.body.data.map(({ id }: { id: string }) => id));
    const times = all.body.data.map(({ createdAt }: { createdAt: string }) => createdAt);
    expect(times).toEqual(times.toSorted().toReversed());
    const forge = await api.ask('GET', '/v1/orders?sellerId=seller-forge&stage=rejected');
    expect(forge.body.data.map(({ stage }: { stage: string }) => stage)).toEqual(['rejected']);
    const everything = await api.ask('GET', '/v1/orders?limit=100', { as: 'operator-olga' });
    expect(everything.body.data.length).toBeGreaterThan(ids.length);
  });

  test('an unchanged order is 304', async () => {
    const [{ id }] = (await api.ask('GET', '/v1/orders?stage=completed')).body.data;
    const first = await read(id);
    const etag = first.headers.get('etag') ?? '';
    const again = await api.ask('GET', `/v1/orders/${id}`, { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
    expect((await api.ask('GET', `/v1/orders/${id}`, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  test('to somebody else an order does not exist', async () => {
    const [{ id }] = (await api.ask('GET', '/v1/orders?stage=completed')).body.data;
    for (const path of ['', '/timeline', '/money']) {
      expectProblem(await api.ask('GET', `/v1/orders/${id}${path}`, { as: 'buyer-bob' }), 'not-found');
      expect((await api.ask('GET', `/v1/orders/${id}${path}`, { as: 'seller-mill' })).status).toBe(200);
    }
  });
});
