import { decodeJwt } from 'jose';
import { DEMO_DISTRIBUTOR } from '../../office/seed-data.ts';
import {
  checksAndHolds,
  claimService,
  putDistributor,
  putSeller,
  report,
  type ClaimService,
} from '../claims/support.ts';
import { finalOrder, orderFor, orderWhen } from '../support/service.ts';

/*
 * Between the judgements and the issue of a check there is time: a worker may die there, or a database may be away. What was
 * good when it was judged is judged again at the issue, and the buyer gets the same answer as if it had never been good.
 */

let service: ClaimService;
beforeAll(async () => {
  service = await claimService();
});
afterAll(() => service.close());

/** Posts an order for which `meanwhile` happens when everything is judged and the check is about to be issued. */
async function orderWhile(meanwhile: () => Promise<unknown>, request: { as?: string; key: string }) {
  let judged: { readonly orderId: string; readonly changed: Promise<unknown> } | undefined;
  const posted = await service.changing(
    {
      async issueCheck(demand) {
        // A second attempt, after one that ran out of time, waits for it, too; the order that `meanwhile` places does not.
        judged ??= { orderId: demand.orderId, changed: meanwhile() };
        if (demand.orderId === judged.orderId) await judged.changed;
        return service.steps.issueCheck(demand);
      },
    },
    () => service.ask('POST', '/v1/orders', { body: orderFor(), ...request }),
  );
  expect(judged).toBeDefined();
  return posted;
}

const setBob = (status: string) =>
  service.ask('PATCH', '/v1/accounts/buyer-bob', { as: 'operator-olga', body: { status } });

/** An order that takes nearly all that buyer-bob has; it waits for its presentation. */
async function takeFunds(): Promise<void> {
  const body = orderFor({ lines: [{ sku: 'rye-1kg', quantity: 10 }], presentation: 'manual' });
  const taken = await service.ask('POST', '/v1/orders', { as: 'buyer-bob', body, key: 'takes the funds' });
  expect(taken.status).toBe(201);
}

async function giveFundsBack(): Promise<void> {
  const { body } = await service.ask('GET', '/v1/orders?stage=check_issued', { as: 'buyer-bob' });
  const path = `/v1/orders/${body.data[0].id}/cancellation`;
  expect((await service.ask('POST', path, { as: 'buyer-bob', body: { reason: 'enough' } })).status).toBe(200);
}

interface Change {
  readonly meanwhile: string;
  readonly slug: 'credit-declined' | 'seller-not-registered' | 'distributor-not-registered' | 'not-deliverable';
  readonly status: number;
  readonly stage: string;
  readonly change: () => Promise<unknown>;
  readonly back: () => Promise<unknown>;
}

const CHANGES: Change[] = [
  {
    meanwhile: 'another order takes the funds',
    slug: 'credit-declined',
    status: 402,
    stage: 'declined',
    change: takeFunds,
    back: giveFundsBack,
  },
  {
    meanwhile: 'the account is frozen',
    slug: 'credit-declined',
    status: 402,
    stage: 'declined',
    change: () => setBob('frozen'),
    back: () => setBob('open'),
  },
  {
    meanwhile: 'the seller is suspended',
    slug: 'seller-not-registered',
    status: 422,
    stage: 'rejected',
    change: () => putSeller(service, { status: 'suspended' }),
    back: () => putSeller(service, { status: 'active' }),
  },
  {
    meanwhile: 'the distributor is suspended',
    slug: 'distributor-not-registered',
    status: 422,
    stage: 'rejected',
    change: () => putDistributor(service, { status: 'suspended' }),
    back: () => putDistributor(service, { status: 'active' }),
  },
  {
    meanwhile: "the distributor's terms leave out the country",
    slug: 'not-deliverable',
    status: 422,
    stage: 'rejected',
    change: () => putDistributor(service, { terms: { ...DEMO_DISTRIBUTOR.terms, countries: ['FR'] } }),
    back: () => putDistributor(service, { terms: DEMO_DISTRIBUTOR.terms }),
  },
];

test.each(CHANGES)(
  '$meanwhile: $slug, no check, nothing held',
  async ({ meanwhile, slug, status, stage, change, back }) => {
    const before = await checksAndHolds(service);
    const posted = await orderWhile(change, { as: 'buyer-bob', key: `at the issue: ${meanwhile}` });
    await back();
    expect(posted).toMatchObject({ status, body: { type: `/problems/${slug}`, orderId: expect.any(String) } });
    const order = await finalOrder(service, posted.body.orderId);
    expect(order).toMatchObject({ stage, echeck: null, payment: { status: 'none' }, refusal: { code: slug } });
    const { rows } = await service.owner.query('select count(*)::int as moved from transfers where order_id = $1', [
      order.id,
    ]);
    expect(rows[0]).toEqual({ moved: 0 });
    const types = (await service.timeline(order.id)).map(({ type }) => type);
    expect(types).toEqual(['order_requested', `order_${stage}`]);
    expect(await checksAndHolds(service)).toMatchObject({ held: (before as { held: string }).held });
  },
);

test('another price after the judgement does not change the charge: what was judged is held, signed and paid', async () => {
  const { body: offers } = await service.ask('GET', '/v1/sellers/seller-mill/commodities');
  const kept = offers.data.map((offer: object) => ({ weightGrams: 1_000, ...offer }));
  const expensive = [
    { sku: 'rye-1kg', name: 'Rye, 1 kg', price: { amount: 900, currency: 'EUR' }, weightGrams: 1_000 },
  ];
  const posted = await orderWhile(() => putSeller(service, { commodities: expensive }), { key: 'another price' });
  expect(posted).toMatchObject({ status: 201, body: { charge: { amount: 645, currency: 'EUR' } } });
  expect(decodeJwt(posted.body.echeck.jws)).toMatchObject({ charge: { amount: 645, currency: 'EUR' } });
  await report(service, posted.body.id, 'delivered-at-the-old-price');
  const order = await finalOrder(service, posted.body.id);
  expect(order).toMatchObject({ stage: 'completed', payment: { status: 'settled', amount: { amount: 645 } } });
  await putSeller(service, { commodities: kept });
});

test('agents that change after the judgement decide the next order; the check names the registers at its issue', async () => {
  const posted = await orderWhile(
    async () => {
      await putSeller(service, { agent: 'manual' });
      await putDistributor(service, { agent: 'manual' });
    },
    { key: 'other agents' },
  );
  expect(posted.status).toBe(201);
  const { rows } = await service.owner.query(
    `select c.seller_version = s.version as seller, c.distributor_version = d.version as distributor
     from echecks c join sellers s on s.id = c.seller_id join distributors d on d.id = c.distributor_id where c.order_id = $1`,
    [posted.body.id],
  );
  expect(rows[0]).toEqual({ seller: true, distributor: true });
  await report(service, posted.body.id, 'as-judged');
  expect(await finalOrder(service, posted.body.id)).toMatchObject({ stage: 'completed' });
  const next = await service.ask('POST', '/v1/orders', { body: orderFor(), key: 'by hand now' });
  await orderWhen(service, next.body.id, ({ stage }) => stage === 'presented');
  const path = `/v1/orders/${next.body.id}/acceptance`;
  expect((await service.ask('POST', path, { as: 'seller-mill' })).status).toBe(200);
});
