import type { OrderId } from '../../domain/ids.ts';
import type { SettleOn } from '../../domain/order.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { issueIn, moveCheck, newOrderId, openFunded, registerDistributor } from '../support/ledger-book.ts';

/* Claim 23 in the database: an order that is paid after the delivery is paid with the office's own record of its completion alone. */

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await registerDistributor(database.orm);
  await openFunded(database.orm, 'ada', { fundsMinor: 10_000n });
  await openFunded(database.orm, 'shop', { kind: 'seller' });
});
afterAll(() => database.close());

async function accepted(settleOn: SettleOn): Promise<OrderId> {
  const orderId = newOrderId();
  const order = { orderId, buyerId: 'ada', sellerId: 'shop', amountMinor: 70n, settleOn };
  await database.orm.em.fork().transactional((tx) => issueIn(tx, order));
  await moveCheck(database.orm.em.fork(), orderId, 'presented', 'accepted');
  return orderId;
}

/** As the application's role may: paid by plain SQL, in one transaction. */
async function pay(orderId: OrderId): Promise<string> {
  const paid = database.orm.em.fork().transactional(async (tx) => {
    await tx.execute(
      `insert into transfers (key, kind, debit_account_id, credit_account_id, amount, currency, hold_id, order_id, check_number)
       select order_id || ':settle', 'capture', debit_account_id, credit_account_id, amount, currency, id, order_id, check_number
       from transfers where key = ? || ':issue'`,
      [orderId],
    );
    await tx.execute("update echecks set status = 'cleared' where order_id = ?", [orderId]);
    await tx.execute("update orders set payment_status = 'settled', settled_amount = charge_amount where id = ?", [
      orderId,
    ]);
  });
  return paid.then(
    () => 'paid',
    (error: unknown) => String(Reflect.get(Object(error), 'code')),
  );
}

const record = (orderId: OrderId, key: string, type = key) =>
  database.orm.em
    .fork()
    .execute(`insert into order_events (order_id, key, type, actor, body) values (?, ?, ?, 'distributor-test', '{}')`, [
      orderId,
      key,
      type,
    ]);

test('without the record the database refuses, whatever else is on record, and with it pays', async () => {
  const [order, other] = [await accepted('delivery'), await accepted('delivery')];
  expect(await pay(order)).toBe('CS008');
  await record(other, 'completion_notified_office');
  await record(order, 'distribution_completed');
  await record(order, 'completion_notified_seller');
  expect(await pay(order)).toBe('CS008');
  await record(order, 'completion_notified_office');
  expect(await pay(order)).toBe('paid');
});

test('an order that is paid at the notice needs none', async () => {
  expect(await pay(await accepted('notice'))).toBe('paid');
});

test('nobody brings the payment forward once the check is issued', async () => {
  const order = await accepted('delivery');
  const moved = database.orm.em.fork().execute("update orders set settle_on = 'notice' where id = ?", [order]);
  await expect(moved).rejects.toMatchObject({ code: 'CS005' });
});

test('nor by putting its stage back first', async () => {
  const order = await accepted('delivery');
  const em = database.orm.em.fork();
  await em.execute("update orders set stage = 'requested' where id = ?", [order]);
  const moved = em.execute("update orders set settle_on = 'notice' where id = ?", [order]);
  await expect(moved).rejects.toMatchObject({ code: 'CS005' });
});
