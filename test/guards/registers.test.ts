import { stepOffice, type StepOffice } from './support/step-office.ts';

/* What each judgement before the check refuses by itself. */

let office: StepOffice;
beforeAll(async () => {
  office = await stepOffice();
});
afterAll(() => office.close());

const refused = (code: string, detail: RegExp) => ({
  kind: 'refused',
  refusal: { code, detail: expect.stringMatching(detail) },
});

test('a charge is what the lines come to, and the expected one must equal it', async () => {
  const { input } = await office.order();
  const expecting = (amount: number, currency = 'EUR') =>
    office.steps.priceOrder({ ...input, expectedCharge: { amount, currency } as typeof input.expectedCharge });
  expect(await expecting(645)).toMatchObject({ kind: 'priced', charge: { amount: 645, currency: 'EUR' } });
  expect(await expecting(644)).toEqual(refused('price-changed', /now 6\.45 EUR, not 6\.44 EUR/));
  expect(await expecting(646)).toEqual(refused('price-changed', /now 6\.45 EUR, not 6\.46 EUR/));
  expect(await expecting(645, 'JPY')).toEqual(refused('price-changed', /not 645 JPY/));
});

test('what the seller does not offer any more has no price', async () => {
  const { input } = await office.order({ lines: [{ sku: 'bran-5kg', quantity: 1 }] });
  expect(await office.steps.priceOrder(input)).toMatchObject({ kind: 'priced' });
  await office.sql("update commodities set active = false where sku = 'bran-5kg'");
  expect(await office.steps.priceOrder(input)).toEqual(refused('unknown-commodity', /bran-5kg/));
});

test('credit covers the charge to the cent: funds, credit line, and what is held already', async () => {
  const judge = async (balance: number, limit: number, buyerId = 'buyer-edge') => {
    await office.sql(
      `insert into accounts (id, kind, currency, credit_limit) values ('${buyerId}', 'buyer', 'EUR', ${limit})
       on conflict (id) do update set credit_limit = ${limit}`,
    );
    if (balance > 0)
      await office.sql(
        `insert into transfers (key, kind, debit_account_id, credit_account_id, amount, currency)
         values ('fund:${buyerId}', 'deposit', 'office:world:EUR', '${buyerId}', ${balance}, 'EUR') on conflict do nothing`,
      );
    const { input } = await office.order({ buyerId });
    return office.steps.judgeCredit(input);
  };
  expect(await judge(0, 644)).toEqual(refused('credit-declined', /do not cover/));
  expect(await judge(0, 645)).toEqual({ kind: 'good', agent: 'auto' });
  expect(await judge(600, 44)).toEqual(refused('credit-declined', /do not cover/));
  expect(await judge(600, 45)).toEqual({ kind: 'good', agent: 'auto' });
  const holding = await office.order({ buyerId: 'buyer-edge' });
  await holding.issue();
  expect(await judge(600, 45)).toEqual(refused('credit-declined', /do not cover/));
});

test('what cannot be priced is refused by its pricing alone', async () => {
  const { input } = await office.order({ lines: [{ sku: 'gold-1kg', quantity: 1 }] });
  expect(await office.steps.priceOrder(input)).toEqual(refused('unknown-commodity', /gold-1kg/));
  expect(await office.steps.judgeCredit(input)).toEqual({ kind: 'good', agent: 'auto' });
  await office.sql("update accounts set agent = 'manual' where id = 'buyer-ada'");
  expect(await office.steps.judgeCredit(input)).toEqual({ kind: 'good', agent: 'manual' });
  await office.sql("update accounts set agent = 'auto' where id = 'buyer-ada'");
});

test.each([
  ['no account', 'select 1', 'buyer-nobody', /no account/],
  ['a frozen account', "update accounts set status = 'frozen' where id = 'buyer-bob'", 'buyer-bob', /is frozen/],
  ['the account of a seller', 'select 1', 'seller-mill', /no account/],
])('%s has no credit', async (_what, change, buyerId, detail) => {
  await office.sql(change);
  const { input } = await office.order({ buyerId });
  expect(await office.steps.judgeCredit(input)).toEqual(refused('credit-declined', detail));
});

test('an account in another currency has no credit here', async () => {
  await office.sql(
    "insert into accounts (id, kind, currency, credit_limit) values ('buyer-yen', 'buyer', 'JPY', 99999)",
  );
  const { input } = await office.order({ buyerId: 'buyer-yen' });
  expect(await office.steps.judgeCredit(input)).toEqual(refused('credit-declined', /in JPY, the charge in EUR/));
});

test('registered means registered and active, and says by which agent and version', async () => {
  const { input } = await office.order();
  const { verifySellerRegistration: seller, verifyDistributorRegistration: distributor } = office.steps;
  const terms = { settleOn: 'delivery', paymentDemand: 'auto' };
  expect(await seller(input)).toEqual({ kind: 'good', agent: 'auto', version: 1, ...terms });
  expect(await distributor(input)).toEqual({ kind: 'good', agent: 'auto', version: 1 });
  await office.sql("update sellers set status = 'suspended'; update distributors set status = 'suspended'");
  expect(await seller(input)).toEqual(refused('seller-not-registered', /seller-mill/));
  expect(await distributor(input)).toEqual(refused('distributor-not-registered', /distributor-swift/));
  await office.sql(
    "update sellers set status = 'active', agent = 'manual'; update distributors set status = 'active', agent = 'manual'",
  );
  expect(await seller(input)).toMatchObject({ kind: 'good', agent: 'manual' });
  expect(await distributor(input)).toMatchObject({ kind: 'good', agent: 'manual' });
  expect(await seller({ ...input, sellerId: 'seller-nobody' })).toEqual(refused('seller-not-registered', /nobody/));
  expect(await distributor({ ...input, distributorId: 'x' })).toEqual(refused('distributor-not-registered', /x/));
});
