import { decodeJwt } from 'jose';
import { stepOffice, CHARGE, CHECK_LIFETIME_MS, type OfficeOrder, type StepOffice } from './support/step-office.ts';

/* What the issue of a check refuses by itself, however good the judgements before it were. */

let office: StepOffice;
beforeAll(async () => {
  office = await stepOffice();
});
afterAll(() => office.close());

const NOTHING = {
  stage: undefined,
  payment: undefined,
  check: undefined,
  ending: undefined,
  transfers: [],
  events: [],
};

/** The four judgements, all good; then the world changes, and the check is demanded. */
async function judgedThen(order: OfficeOrder, change: string): ReturnType<OfficeOrder['issue']> {
  const { steps } = office;
  expect(await steps.priceOrder(order.input)).toMatchObject({ kind: 'priced', charge: CHARGE });
  expect(await steps.judgeCredit(order.input)).toMatchObject({ kind: 'good' });
  expect(await steps.verifySellerRegistration(order.input)).toMatchObject({ kind: 'good' });
  expect(await steps.verifyDistributorRegistration(order.input)).toMatchObject({ kind: 'good' });
  await office.sql(change);
  return order.issue();
}

test.each([
  [
    'the credit line was taken back',
    "update accounts set credit_limit = 0 where id = 'buyer-low'",
    'credit-declined',
    'Funds and credit line do not cover the charge.',
  ],
  [
    'the account was frozen',
    "update accounts set status = 'frozen' where id = 'buyer-low'",
    'credit-declined',
    "The buyer's account is not open.",
  ],
  [
    'the account was closed',
    "update accounts set status = 'closed' where id = 'buyer-low'",
    'credit-declined',
    "The buyer's account is not open.",
  ],
  [
    'the seller was suspended',
    "update sellers set status = 'suspended' where id = 'seller-mill'",
    'seller-not-registered',
    'The seller seller-mill is not registered and active at the check office.',
  ],
  [
    'the distributor was suspended',
    "update distributors set status = 'suspended' where id = 'distributor-swift'",
    'distributor-not-registered',
    'The distributor distributor-swift is not registered and active at the check office.',
  ],
])('%s between judgement and issue: no order row, no hold, no check', async (_what, change, code, detail) => {
  await office.sql(
    `insert into accounts (id, kind, currency, credit_limit) values ('buyer-low', 'buyer', 'EUR', 645)
     on conflict (id) do update set status = 'open', credit_limit = 645`,
  );
  const order = await office.order({ buyerId: 'buyer-low' });
  expect(await judgedThen(order, change)).toEqual({ kind: 'refused', refusal: { code, detail } });
  expect(await order.books()).toEqual(NOTHING);
  expect(await office.accountOf('buyer-low')).toEqual({ balance: 0, held: 0 });
  await office.sql("update sellers set status = 'active'; update distributors set status = 'active'");
});

test('the check is of the registers as they are when it is issued, and of the charge that was judged', async () => {
  const order = await office.order();
  const issued = await judgedThen(
    order,
    `update commodities set price_amount = 9000 where sku = 'rye-1kg';
     update sellers set agent = 'manual', version = version + 1 where id = 'seller-mill';
     update distributors set agent = 'manual', version = version + 1 where id = 'distributor-swift'`,
  );
  if (issued.kind !== 'issued') throw new Error(`not issued: ${JSON.stringify(issued)}`);
  expect(issued.order).toMatchObject({
    stage: 'check_issued',
    charge: CHARGE,
    payment: { status: 'held', amount: CHARGE },
  });
  const claims = decodeJwt(issued.order.echeck?.jws ?? '');
  expect(claims).toMatchObject({ charge: CHARGE, jti: issued.order.echeck?.number });
  expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(CHECK_LIFETIME_MS / 1000);
  const [check] = await office.sql(
    `select c.seller_version = s.version as seller, c.distributor_version = d.version as distributor, c.amount::int as amount
     from echecks c join sellers s on s.id = c.seller_id join distributors d on d.id = c.distributor_id where c.order_id = ?`,
    [order.id],
  );
  expect(check).toEqual({ seller: true, distributor: true, amount: CHARGE.amount });
  await office.sql(
    "update commodities set price_amount = 215 where sku = 'rye-1kg'; update sellers set agent = 'auto'",
  );
});

test('a repeated issue returns the check that exists, and holds nothing more', async () => {
  const order = await office.order();
  const first = await order.issue();
  const { held } = await office.accountOf('buyer-ada');
  // Also when the registration ended, or the account was frozen, after the check was issued.
  await office.sql("update sellers set status = 'suspended' where id = 'seller-mill'");
  const repeated = await order.issue();
  await office.sql("update sellers set status = 'active' where id = 'seller-mill'");
  expect(repeated).toEqual(first);
  expect(await order.issue()).toEqual(first);
  expect(await office.accountOf('buyer-ada')).toMatchObject({ held });
  expect((await order.books()).transfers).toEqual(['hold']);
});

test('what the check rests on is told with it', async () => {
  const order = await office.order();
  await order.issue();
  const events = await office.sql(
    'select type, actor, recipient, body from order_events where order_id = ? order by id',
    [order.id],
  );
  const version = expect.any(Number);
  expect(events).toMatchObject([
    { type: 'order_requested', actor: 'buyer-ada' },
    { type: 'charge_obtained', actor: 'buyer-ada', body: { charge: CHARGE } },
    { type: 'credit_judged', actor: 'check-office', body: { good: true } },
    { type: 'seller_verified', actor: 'check-office', body: { sellerId: 'seller-mill', version } },
    { type: 'distributor_verified', actor: 'check-office', body: { distributorId: 'distributor-swift', version } },
    { type: 'check_issued', actor: 'check-office', recipient: 'buyer-ada', body: { charge: CHARGE } },
  ]);
});

test('an order that goes on is not issued again', async () => {
  const order = await office.order();
  await order.until('acceptance');
  expect(await order.issue()).toMatchObject({ kind: 'issued', order: { stage: 'accepted' } });
  expect(await order.books()).toMatchObject({ stage: 'accepted', check: 'accepted', transfers: ['hold'] });
});

test.each(['active', 'suspended'])('an order whose end is decided gets no check, its seller %s', async (status) => {
  const order = await office.order();
  await office.steps.decideEnding(order.ended('cancelled'));
  await office.sql('update sellers set status = ?', [status]);
  const late = await order.issue();
  await office.sql("update sellers set status = 'active'");
  expect(late).toMatchObject({ kind: 'decided', ending: { stage: 'cancelled', actor: 'operator-olga' } });
  expect(await order.books()).toMatchObject({ stage: 'requested', payment: 'none', check: undefined, transfers: [] });
});

test('an order that is on record already, with its address sealed again, says what its check rests on', async () => {
  const order = await office.order();
  const { order: requested } = order.ended('cancelled');
  await office.steps.noteIntervention({
    order: { ...requested, deliverToSealed: 'sealed before', requestDigest: 'before' },
    event: { key: 'n1', type: 'intervention_made', actor: 'operator-olga', body: {} },
  });
  expect(await order.issue()).toMatchObject({
    kind: 'issued',
    order: { deliverToSealed: order.input.deliverToSealed },
  });
  const [row] = await office.sql('select request_digest, request from orders where id = ?', [order.id]);
  expect(row).toMatchObject({ request_digest: 'digest', request: { orderDigest: order.input.orderDigest } });
});

test('an order of an unknown buyer, and one that names none of the registers, gets nothing', async () => {
  const nobody = await office.order({ buyerId: 'buyer-nobody' });
  expect(await nobody.issue()).toMatchObject({ kind: 'refused', refusal: { code: 'credit-declined' } });
  const strangers = await office.order({ sellerId: 'seller-nobody', distributorId: 'distributor-nobody' });
  expect(await strangers.issue()).toMatchObject({ kind: 'refused', refusal: { code: 'seller-not-registered' } });
  expect(await nobody.books()).toEqual(NOTHING);
  expect(await strangers.books()).toEqual(NOTHING);
});
