import {
  orderFor,
  finalOrder,
  testService,
  type TestService,
  presentationOf,
  withoutAttention,
} from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await testService();
});
afterAll(() => service.close());

interface Refusal {
  readonly because: string;
  readonly body: Record<string, unknown>;
  readonly as?: string;
  readonly status: number;
  readonly slug: string;
  readonly stage: 'declined' | 'rejected';
}

const REFUSALS: Refusal[] = [
  {
    because: 'the account does not cover the charge',
    as: 'buyer-bob',
    body: { lines: [{ sku: 'flour-25kg', quantity: 2 }] },
    status: 402,
    slug: 'credit-declined',
    stage: 'declined',
  },
  {
    because: 'the seller is not registered',
    body: { sellerId: 'seller-nobody' },
    status: 422,
    slug: 'seller-not-registered',
    stage: 'rejected',
  },
  {
    because: 'the distributor is not registered',
    body: { distributorId: 'distributor-nobody' },
    status: 422,
    slug: 'distributor-not-registered',
    stage: 'rejected',
  },
  {
    because: 'the seller offers no such commodity',
    body: { lines: [{ sku: 'gold-1kg', quantity: 1 }] },
    status: 422,
    slug: 'unknown-commodity',
    stage: 'rejected',
  },
  {
    because: 'the charge is not the expected one',
    body: { expectedCharge: { amount: 1, currency: 'EUR' } },
    status: 409,
    slug: 'price-changed',
    stage: 'rejected',
  },
];

test.each(REFUSALS)('$because: $stage, with nothing held', async ({ as = 'buyer-ada', body, status, slug, stage }) => {
  const request = { as, body: orderFor(body), key: slug };
  const before = await accountOf(as);
  const posted = await service.ask('POST', '/v1/orders', request);
  expect(posted).toMatchObject({ status, body: { type: `/problems/${slug}`, orderId: expect.any(String) } });

  const order = await finalOrder(service, posted.body.orderId);
  expect(order).toMatchObject({ stage, echeck: null, payment: { status: 'none' }, refusal: { code: slug } });
  expect(await accountOf(as)).toEqual(before);
  expect(await transfersOf(order.id)).toBe(0);
  expect((await typesOf(order.id)).slice(-1)).toEqual([`order_${stage}`]);
});

test('a suspended seller gets no orders, and an active one does again', async () => {
  const suspend = (status: string) =>
    service.ask('PUT', '/v1/registry/sellers/seller-forge', {
      as: 'operator-olga',
      body: { name: 'The Forge', status, agent: 'auto' },
    });
  const body = orderFor({ sellerId: 'seller-forge', lines: [{ sku: 'nails-1kg', quantity: 1 }] });
  expect((await suspend('suspended')).status).toBeLessThan(300);
  const refused = await service.ask('POST', '/v1/orders', { body, key: 'forge-1' });
  expect(refused).toMatchObject({ status: 422, body: { type: '/problems/seller-not-registered' } });
  await suspend('active');
  expect((await service.ask('POST', '/v1/orders', { body, key: 'forge-2' })).status).toBe(201);
});

test('a frozen account is declined', async () => {
  const set = (status: string) =>
    service.ask('PATCH', '/v1/accounts/buyer-bob', { as: 'operator-olga', body: { status } });
  await set('frozen');
  const refused = await service.ask('POST', '/v1/orders', { as: 'buyer-bob', body: orderFor(), key: 'frozen' });
  expect(refused).toMatchObject({ status: 402, body: { type: '/problems/credit-declined' } });
  await set('open');
});

test('a refused order answers the same request with the same refusal, permanently', async () => {
  const request = { body: orderFor({ sellerId: 'seller-gone' }), key: 'again' };
  const first = await service.ask('POST', '/v1/orders', request);
  await finalOrder(service, first.body.orderId);
  const second = await service.ask('POST', '/v1/orders', request);
  expect(second.status).toBe(first.status);
  expect(second.body).toEqual({ ...first.body, instance: second.body.instance });
});

test('a check of another order is refused with its reason, and the order still waits for the right one', async () => {
  const [mine, other] = await Promise.all(
    ['mine', 'other'].map((key) =>
      service.ask('POST', '/v1/orders', { body: orderFor({ presentation: 'manual' }), key }),
    ),
  );
  const answer = await service.ask('POST', `/v1/orders/${mine!.body.id}/presentation`, {
    body: { ...presentationOf(mine!.body), echeck: other!.body.echeck.jws },
  });
  expect(answer).toMatchObject({ status: 422, body: { type: '/problems/echeck-invalid', reason: 'altered' } });
  const order = await service.ask('GET', `/v1/orders/${mine!.body.id}`);
  expect(order.body).toMatchObject({
    stage: 'check_issued',
    echeck: { status: 'issued' },
    payment: { status: 'held' },
  });
});

async function accountOf(as: string): Promise<unknown> {
  const { body } = await service.ask('GET', '/v1/account', { as });
  return { held: body.held, balance: body.balance };
}

async function transfersOf(orderId: string): Promise<number> {
  const [row] = await service.database.orm.em
    .fork()
    .execute<{ count: number }[]>('select count(*)::int as count from transfers where order_id = ?', [orderId]);
  return row!.count;
}

async function typesOf(orderId: string): Promise<string[]> {
  const { body } = await service.ask('GET', `/v1/orders/${orderId}/timeline`, { as: 'operator-olga' });
  return withoutAttention<{ type: string }>(body.data).map(({ type }) => type);
}
