import { waitingOrders } from '../../office/attention/index.ts';
import { expectProblem, type Answer } from '../api/support.ts';
import {
  finalOrder,
  needsSomebody,
  orderFor,
  orderWhen,
  scheduledOrder,
  testService,
  type TestService,
} from '../support/service.ts';
import { until } from '../support/until.ts';

/* Sellers that demand their payment themselves (claims 5, 7): when they may, on what, and that each check is paid once. */

let service: TestService;
beforeAll(async () => {
  service = await testService();
  await putMill({ paymentDemand: 'own' });
});
afterAll(() => service.close());

const OLGA = 'operator-olga';

async function putMill(change: object): Promise<void> {
  const body = { name: 'The Mill', agent: 'auto', ...change };
  const { status } = await service.ask('PUT', '/v1/registry/sellers/seller-mill', { as: OLGA, body });
  expect(status).toBe(200);
}

const demand = (echeck: string, as = 'seller-mill', reference?: string) =>
  service.ask('POST', '/v1/payment-demands', { as, body: { echeck, reference } });
const read = async (id: string): Promise<Answer['body']> =>
  (await service.ask('GET', `/v1/orders/${id}`, { as: 'buyer-ada' })).body;
const jwsOf = async (id: string): Promise<string> => (await read(id)).echeck.jws;
const post = (id: string, what: string, as: string, body: object) =>
  service.ask('POST', `/v1/orders/${id}/${what}`, { as, body });
const deliver = (id: string) =>
  post(id, 'distribution-events', 'distributor-swift', {
    eventId: 'proof',
    kind: 'delivered',
    occurredAt: new Date().toISOString(),
  });
const unpaid = ({ payment }: Answer['body']) => payment.status === 'held';

/** The goods are there, and the check office has the completion on record: a moment later, and only then it pays. */
async function untilPayable(id: string): Promise<Answer['body']> {
  const order = await orderWhen(service, id, ({ stage }) => stage === 'delivered');
  await until(
    () => service.ask('GET', `/v1/orders/${id}/timeline`, { as: OLGA }),
    ({ body }) => body.data.some(({ type }: { type: string }) => type === 'completion_notified_office'),
  );
  return order;
}

async function delivered(key: string, settleOn: string): Promise<string> {
  const id = await scheduledOrder(service, key, { settleOn });
  await deliver(id);
  const order = await untilPayable(id);
  expect([needsSomebody(order), order.payment.status]).toEqual([false, 'held']);
  return id;
}

async function captures(id: string): Promise<number> {
  const { body } = await service.ask('GET', `/v1/orders/${id}/money`, { as: OLGA });
  return body.entries.filter(({ kind }: { kind: string }) => kind === 'capture').length / 2;
}

/** With nobody's help. */
async function expectPaidOnce(id: string): Promise<void> {
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed', payment: { status: 'settled' } });
  expect(await captures(id)).toBe(1);
}

test('paid on delivery: too early before the completion is on record, then once, with what the seller said', async () => {
  const id = await scheduledOrder(service, 'on-delivery', { settleOn: 'delivery' });
  const jws = await jwsOf(id);
  expectProblem(await demand(jws), 'illegal-transition');
  await deliver(id);
  await untilPayable(id);
  // One that says that it has lost an attempt is not among them.
  const waiting = await until(async () =>
    (await waitingOrders(service.database.orm.em.fork())).find((order) => order.id === id),
  );
  expect(waiting).toMatchObject({ stage: 'delivered', waitingFor: 'seller-mill', what: 'to demand its payment' });

  const { echeck } = await read(id);
  const paid = { number: echeck.number, orderId: id, amount: { amount: 645, currency: 'EUR' }, status: 'settled' };
  const first = await demand(jws, 'seller-mill', 'invoice 4711');
  expect([first.status, first.body]).toEqual([201, paid]);
  const again = await demand(jws, 'seller-mill', 'invoice 4711');
  expect([again.status, again.body]).toEqual([200, paid]);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed', echeck: { status: 'final' } });
  expect(await captures(id)).toBe(1);

  const { body } = await service.ask('GET', `/v1/orders/${id}/timeline`, { as: 'seller-mill' });
  const said = body.data.filter(({ type }: { type: string }) => type === 'payment_demanded');
  expect(said).toMatchObject([
    {
      actor: 'seller-mill',
      recipient: 'check-office',
      body: {
        echeck: { number: echeck.number, jws },
        seller: { id: 'seller-mill' },
        charge: { amount: 645, currency: 'EUR' },
        reference: 'invoice 4711',
      },
    },
  ]);
});

test('paid at the notice: the order goes on, and the demand is paid whatever it waits for', async () => {
  const id = await scheduledOrder(service, 'at-notice', { settleOn: 'notice' });
  expect(unpaid(await read(id))).toBe(true);
  expect((await demand(await jwsOf(id))).status).toBe(201);
  expect(await read(id)).toMatchObject({ stage: 'scheduled', payment: { status: 'settled' } });
  await deliver(id);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed', echeck: { status: 'final' } });
  expect(await captures(id)).toBe(1);
});

test('paid at the notice while the buyer has not indicated the payment yet', async () => {
  const body = orderFor({ settleOn: 'notice', payment: 'manual' });
  const { body: placed } = await service.ask('POST', '/v1/orders', { body, key: 'before-indication' });
  await orderWhen(service, placed.id, ({ stage }) => stage === 'accepted');
  expect((await demand(placed.echeck.jws)).status).toBe(201);
  expect(await read(placed.id)).toMatchObject({ stage: 'accepted', payment: { status: 'settled' } });
  expect((await post(placed.id, 'cancellation', 'buyer-ada', { reason: 'no more' })).status).toBe(200);
  expect(await read(placed.id)).toMatchObject({ stage: 'refunded', payment: { status: 'refunded' } });
  const known = await demand(placed.echeck.jws);
  expect([known.status, known.body.status]).toEqual([200, 'refunded']);
});

test('paid at the notice, and demanded only after the delivery: then the order ends', async () => {
  const id = await delivered('late', 'notice');
  expect((await demand(await jwsOf(id))).status).toBe(201);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed', echeck: { status: 'final' } });
});

test('before the notice nothing is owed', async () => {
  await putMill({ paymentDemand: 'own', agent: 'manual' });
  const { body } = await service.ask('POST', '/v1/orders', { body: orderFor({ settleOn: 'notice' }), key: 'early' });
  await orderWhen(service, body.id, ({ stage }) => stage === 'presented');
  expectProblem(await demand(body.echeck.jws), 'illegal-transition');
  await putMill({ paymentDemand: 'own' });
  expect(await captures(body.id)).toBe(0);
});

test('what is no check of this seller pays nobody, and says why', async () => {
  const [id, other] = [await delivered('mine', 'delivery'), await delivered('other', 'delivery')];
  const [jws, foreign] = [await jwsOf(id), await jwsOf(other)];
  const [head, , signature] = jws.split('.');
  const tries: [string, string, string][] = [
    [jws, 'seller-forge', 'wrong_payee'],
    [`${head}.${foreign.split('.')[1]}.${signature}`, 'seller-mill', 'bad_signature'],
    ['a.b.c', 'seller-mill', 'bad_signature'],
  ];
  for (const [echeck, as, reason] of tries) {
    const answer = await demand(echeck, as);
    expectProblem(answer, 'echeck-invalid');
    expect(answer.body.reason).toBe(reason);
  }
  for (const as of ['buyer-ada', 'distributor-swift', OLGA]) expectProblem(await demand(jws, as), 'forbidden');
  expect(await captures(id)).toBe(0);
});

test.each(['delivery', 'notice'])(
  'an order that waits for its seller is paid once the office is to demand for it (settled on %s)',
  async (settleOn) => {
    const id = await delivered(`in-its-name-${settleOn}`, settleOn);
    await putMill({ paymentDemand: 'auto' });
    await expectPaidOnce(id);
    await putMill({ paymentDemand: 'own' });
  },
);

test('an order whose goods are on their way is paid at the delivery once the office is to demand for its seller', async () => {
  const id = await scheduledOrder(service, 'changed-on-the-way', { settleOn: 'delivery' });
  await putMill({ paymentDemand: 'auto' });
  await deliver(id);
  await expectPaidOnce(id);
  await putMill({ paymentDemand: 'own' });
});

test('a resumed order asks who demands, for that may have changed since it was judged', async () => {
  const id = await scheduledOrder(service, 'changed-and-resumed', { settleOn: 'delivery' });
  await putMill({ paymentDemand: 'auto' });
  await service.client.workflow.getHandle(id).terminate('by mistake');
  const resume = { action: 'resume', reason: 'its workflow was lost' };
  expect((await post(id, 'interventions', OLGA, resume)).status).toBe(200);
  await deliver(id);
  await expectPaidOnce(id);
  await putMill({ paymentDemand: 'own' });
});

test('it demands also where the seller is paid otherwise from now on', async () => {
  const id = await delivered('paid-otherwise', 'notice');
  await putMill({ paymentDemand: 'auto', settleOn: 'delivery' });
  await expectPaidOnce(id);
  await putMill({ paymentDemand: 'own', settleOn: 'buyer_chooses' });
});

test('the office demands for the others: their own demand finds the payment', async () => {
  await putMill({ paymentDemand: 'auto' });
  const id = await scheduledOrder(service, 'auto');
  const jws = await jwsOf(id);
  expectProblem(await demand(jws), 'illegal-transition');
  await deliver(id);
  await finalOrder(service, id);
  const answer = await demand(jws);
  expect([answer.status, answer.body.status]).toEqual([200, 'settled']);
  expect(await captures(id)).toBe(1);
  await putMill({ paymentDemand: 'own' });
});

test('an order that ended before is paid no more', async () => {
  const id = await scheduledOrder(service, 'cancelled', { settleOn: 'notice' });
  const jws = await jwsOf(id);
  expect((await post(id, 'cancellation', 'buyer-ada', { reason: 'no more' })).status).toBe(200);
  expect(await read(id)).toMatchObject({ stage: 'cancelled', payment: { status: 'voided' } });
  const answer = await demand(jws);
  expectProblem(answer, 'echeck-invalid');
  expect(answer.body.reason).toBe('voided');
});

test('no workflow: refused truly, and paid after the order is resumed', async () => {
  const id = await delivered('gone', 'delivery');
  const jws = await jwsOf(id);
  await service.client.workflow.getHandle(id).terminate('lost');
  const answer = await demand(jws);
  expectProblem(answer, 'service-unavailable');
  expect(answer.headers.get('retry-after')).toBe('10');
  expect(unpaid(await read(id))).toBe(true);
  const resumed = await post(id, 'interventions', OLGA, { action: 'resume', reason: 'it was lost' });
  expect(resumed.status).toBe(200);
  expect((await demand(jws)).status).toBe(201);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed' });
  expect(await captures(id)).toBe(1);
});

test('a suspended seller is not paid on its demand; once that is lifted it demands again', async () => {
  const ids = [
    await delivered('suspended', 'delivery'),
    await scheduledOrder(service, 's-notice', { settleOn: 'notice' }),
  ];
  await putMill({ paymentDemand: 'own', status: 'suspended' });
  for (const id of ids) {
    expectProblem(await demand(await jwsOf(id)), 'party-suspended');
    await orderWhen(service, id, ({ attention }) => attention?.reason === 'SellerSuspended');
    expect(await captures(id)).toBe(0);
  }
  await putMill({ paymentDemand: 'own' });
  for (const id of ids) {
    await orderWhen(service, id, ({ attention }) => attention === null);
    expect((await demand(await jwsOf(id))).status).toBe(201);
    expect(await captures(id)).toBe(1);
  }
});
