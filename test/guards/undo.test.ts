import { stepOffice, type Books, type OfficeOrder, type StepOffice } from './support/step-office.ts';

/* What ends an order early, at every point: decided once, undone once, and never against delivered goods. */

let office: StepOffice;
beforeAll(async () => {
  office = await stepOffice();
});
afterAll(() => office.close());

type Point = 'nothing' | Parameters<OfficeOrder['until']>[0];

async function orderAt(point: Point, change = {}): Promise<OfficeOrder> {
  const order = await office.order(change);
  if (point !== 'nothing') await order.until(point);
  return order;
}

const voided = (check: string): Partial<Books> => ({ payment: 'voided', check, transfers: ['hold', 'void'] });
const EXPIRED: Partial<Books> = { payment: 'voided', check: 'expired', transfers: ['hold', 'expire'] };
const NO_CHECK: Partial<Books> = { payment: 'none', check: undefined, transfers: [] };

describe.each<[Point, 'cancelled' | 'expired' | 'rejected', Partial<Books>]>([
  ['nothing', 'cancelled', NO_CHECK],
  ['nothing', 'expired', NO_CHECK],
  ['issue', 'cancelled', voided('voided')],
  ['issue', 'expired', EXPIRED],
  ['validation', 'rejected', voided('voided')],
  ['validation', 'expired', EXPIRED],
  ['acceptance', 'cancelled', voided('voided')],
  ['acceptance', 'expired', voided('voided')],
  ['dispatch', 'cancelled', voided('voided')],
])('an order that came to %s and ends as %s', (point, stage, expected) => {
  test.each([
    ['by its undos, then its end', true],
    ['by its end alone, as after the death of a worker', false],
  ])('costs nothing, %s', async (_how, byUndos) => {
    const before = await office.accountOf('buyer-ada');
    const order = await orderAt(point);
    const ended = order.ended(stage);
    expect(await office.steps.decideEnding(ended)).toEqual({ kind: 'decided', ending: ended.ending });
    if (byUndos) {
      await office.steps.cancelDispatchIfInstructed(ended);
      expect((await order.books()).events.includes('dispatch_cancelled')).toBe(point === 'dispatch');
      expect(await office.steps.refundIfSettled(ended)).toBe('nothing_paid');
      await office.steps.voidCheckIfIssued(ended);
      expect(await order.books()).toMatchObject({ ...expected, ending: stage });
    }
    expect(await office.steps.closeOrder(ended)).toEqual({ kind: 'closed', ending: ended.ending });
    const books = await order.books();
    expect(books).toMatchObject({ ...expected, stage, ending: stage });
    expect(books.events.at(-1)).toBe(`order_${stage}`);
    expect(books.events.includes('dispatch_cancelled')).toBe(point === 'dispatch');
    expect(await office.accountOf('buyer-ada')).toEqual(before);
    // Everything once more changes nothing.
    await office.steps.cancelDispatchIfInstructed(ended);
    expect(await office.steps.refundIfSettled(ended)).toBe('nothing_paid');
    await office.steps.voidCheckIfIssued(ended);
    expect(await office.steps.closeOrder(ended)).toEqual({ kind: 'closed', ending: ended.ending });
    expect(await order.books()).toEqual(books);
  });
});

test('what was paid is given back, once, and the order is refunded whatever was wanted', async () => {
  const [buyer, seller] = [await office.accountOf('buyer-ada'), await office.accountOf('seller-mill')];
  const order = await orderAt('acceptance', { settleOn: 'notice' });
  await order.settle();
  await order.schedule();
  const ended = order.ended('cancelled');
  const refunded = { ...ended.ending, stage: 'refunded' };
  expect(await office.steps.decideEnding(ended)).toEqual({ kind: 'decided', ending: refunded });
  expect(await office.steps.refundIfSettled(ended)).toBe('refunded');
  expect(await office.steps.refundIfSettled(ended)).toBe('refunded');
  await office.steps.voidCheckIfIssued(ended);
  expect(await office.steps.closeOrder(ended)).toEqual({ kind: 'closed', ending: refunded });
  expect(await order.books()).toMatchObject({
    stage: 'refunded',
    payment: 'refunded',
    check: 'refunded',
    transfers: ['hold', 'capture', 'refund'],
  });
  expect(await office.accountOf('buyer-ada')).toEqual(buyer);
  expect(await office.accountOf('seller-mill')).toEqual(seller);
});

test('while the seller cannot give back what it was paid the end is not written; then it is, and nothing is lost', async () => {
  const buyer = await office.accountOf('buyer-ada');
  const order = await orderAt('acceptance', { sellerId: 'seller-forge', settleOn: 'notice' });
  await order.settle();
  await office.sql(
    `insert into transfers (key, kind, debit_account_id, credit_account_id, amount, currency, reason)
     select 'spent', 'payout', id, 'office:world:EUR', balance, 'EUR', 'r' from accounts where id = 'seller-forge'`,
  );
  const ended = order.ended('cancelled');
  await office.steps.decideEnding(ended);
  await expect(office.steps.refundIfSettled(ended)).rejects.toMatchObject({ type: 'FundsLacking' });
  await expect(office.steps.closeOrder(ended)).rejects.toMatchObject({ type: 'FundsLacking' });
  expect(await order.books()).toMatchObject({ stage: 'accepted', payment: 'settled', ending: 'refunded' });
  await office.sql(
    `insert into transfers (key, kind, debit_account_id, credit_account_id, amount, currency)
     values ('earned', 'deposit', 'office:world:EUR', 'seller-forge', 645, 'EUR')`,
  );
  expect(await office.steps.closeOrder(ended)).toMatchObject({ kind: 'closed', ending: { stage: 'refunded' } });
  expect(await order.books()).toMatchObject({ stage: 'refunded', transfers: ['hold', 'capture', 'refund'] });
  expect(await office.accountOf('buyer-ada')).toEqual(buyer);
});

test('the decision that came first is the answer to every later one', async () => {
  const order = await orderAt('issue');
  const first = order.ended('cancelled');
  await office.steps.decideEnding(first);
  const later = order.ended('expired');
  expect(await office.steps.decideEnding(later)).toEqual({ kind: 'decided', ending: first.ending });
  const overwrite = "update orders set ending = jsonb_set(ending, '{stage}', '\"expired\"') where id = ?";
  await expect(office.sql(overwrite, [order.id])).rejects.toThrow(/has its ending on record already/);
  expect(await office.steps.closeOrder(later)).toEqual({ kind: 'closed', ending: first.ending });
  expect(await order.books()).toMatchObject({ stage: 'cancelled', ending: 'cancelled' });
});

test.each(['delivery', 'settlement'] as const)(
  'goods that are with the buyer outweigh every ending (%s)',
  async (point) => {
    const order = await orderAt(point);
    const books = await order.books();
    expect(await office.steps.decideEnding(order.ended('cancelled'))).toEqual({ kind: 'delivered' });
    expect(await office.steps.closeOrder(order.ended('cancelled'))).toEqual({ kind: 'completed' });
    expect(await order.books()).toEqual(books);
  },
);

test('a void that overtakes the issue leaves no check behind: the late issue is refused', async () => {
  const order = await orderAt('nothing');
  await office.steps.voidCheckIfIssued(order.ended('cancelled'));
  expect(await order.books()).toMatchObject({ ...NO_CHECK, stage: 'cancelled' });
  expect(await order.issue()).toMatchObject({ kind: 'decided', ending: { stage: 'cancelled' } });
  expect(await order.books()).toMatchObject({ ...NO_CHECK, stage: 'cancelled' });
});

test('an early end that the stage does not allow is a cancellation', async () => {
  const order = await orderAt('acceptance');
  const wanted = order.ended('declined');
  expect(await office.steps.decideEnding(wanted)).toMatchObject({
    ending: { stage: 'cancelled', reason: wanted.ending.reason },
  });
});
