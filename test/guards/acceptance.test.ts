import { stepOffice, CHECK_LIFETIME_MS, type OfficeOrder, type StepOffice } from './support/step-office.ts';

/* What the acceptance of a presented check refuses, and that it happens once. */

let office: StepOffice;
beforeAll(async () => {
  office = await stepOffice();
});
afterAll(() => office.close());

async function presented(): Promise<OfficeOrder> {
  const order = await office.order();
  await order.until('validation');
  return order;
}

test('a presented check is accepted once; a repetition finds it done', async () => {
  const order = await presented();
  expect(await order.accept()).toMatchObject({ kind: 'accepted' });
  const books = await order.books();
  expect(books).toMatchObject({ stage: 'accepted', check: 'accepted' });
  expect(await order.accept()).toMatchObject({ kind: 'accepted' });
  expect(await order.books()).toEqual(books);
});

test('a decided order is not accepted any more, and one that was never presented not yet', async () => {
  const [decided, issued] = [await presented(), await office.order()];
  await office.steps.decideEnding(decided.ended('cancelled'));
  expect(await decided.accept()).toMatchObject({ kind: 'decided', ending: { stage: 'cancelled' } });
  expect(await decided.books()).toMatchObject({ stage: 'presented', check: 'presented' });
  await issued.until('issue');
  await expect(issued.accept()).rejects.toMatchObject({ type: 'RecordBehind' });
  expect(await issued.books()).toMatchObject({ stage: 'check_issued', check: 'issued' });
});

const lifetimeOver = async () => {
  office.clock.now += CHECK_LIFETIME_MS + 1_000;
};

test.each([
  ['ran out', lifetimeOver, 'expired'],
  [
    'lost its open account',
    () => office.sql("update accounts set status = 'frozen' where id = 'buyer-ada'"),
    'account_frozen',
  ],
  ['lost its key', () => office.sql("update signing_keys set status = 'revoked'"), 'bad_signature'],
])('a presented check that %s since is not accepted', async (_what, change, reason) => {
  const order = await presented();
  const now = office.clock.now;
  const before = await order.books();
  await change();
  const answer = await order.accept();
  office.clock.now = now;
  await office.sql("update accounts set status = 'open' where id = 'buyer-ada'");
  expect(answer).toEqual({ kind: 'refused', reason });
  expect(await order.books()).toEqual(before);
});
