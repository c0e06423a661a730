import { Client } from 'pg';
import { CHARGE, stepOffice, type StepOffice } from './support/step-office.ts';

/* A seller's account that has been paid beside its stored balance: what was paid must not vanish with the account. */

let office: StepOffice;
beforeAll(async () => {
  office = await stepOffice();
});
afterAll(() => office.close());

const NOTICE = { sellerId: 'seller-forge', settleOn: 'notice' } as const;
const close = () => office.sql("update accounts set status = 'closed' where id = 'seller-forge'");

test('an account with a payment that is not in its balance yet cannot close; the next payment counts it', async () => {
  const [late, next] = [await office.order(NOTICE), await office.order(NOTICE)];
  await late.until('acceptance');
  await next.until('acceptance');
  // Somebody else has the seller's account: the payment does not wait for it.
  await office.orm.em.fork().transactional(async (tx) => {
    await tx.execute("select 1 from accounts where id = 'seller-forge' for no key update");
    expect(await late.settle()).toEqual({ kind: 'settled' });
  });
  expect(await office.accountOf('seller-forge')).toEqual({ balance: 0, held: 0 });
  // What is still to be counted is kept, also from the owner of the tables.
  const owner = new Client({ connectionString: office.url });
  await owner.connect();
  await expect(owner.query('delete from late_entries')).rejects.toThrow(/DELETE refused: late_entries is kept/);
  await expect(owner.query('delete from order_events')).rejects.toThrow(/DELETE refused: order_events is kept/);
  await owner.end();
  await expect(close()).rejects.toThrow(/still to be paid by open checks/);

  await office.steps.closeOrder(next.ended('cancelled'));
  await expect(close()).rejects.toThrow(/has entries that are not in its balance yet/);

  const last = await office.order(NOTICE);
  await last.until('acceptance');
  expect(await last.settle()).toEqual({ kind: 'settled' });
  expect(await office.accountOf('seller-forge')).toEqual({ balance: 2 * CHARGE.amount, held: 0 });
  await expect(close()).rejects.toThrow(/accounts_closed_empty/);
});
