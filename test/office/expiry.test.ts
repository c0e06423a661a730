import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { OrderId } from '../../domain/ids.ts';
import { readAccount } from '../../office/ledger/accounts.ts';
import { expireChecks } from '../../office/orders/expiry.ts';
import { reconcileBooks } from '../../office/reconciliation/books.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { issue, moveCheck, openFunded, registerDistributor } from '../support/ledger-book.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await registerDistributor(database.orm);
  await openFunded(database.orm, 'buyer', { fundsMinor: 10_000n });
  await openFunded(database.orm, 'shop', { kind: 'seller' });
});
afterAll(() => database.close());

/** The book's checks run out after a day. */
const afterThat = new Date(Date.now() + 2 * 86_400_000);
const order = { buyerId: 'buyer', sellerId: 'shop', amountMinor: 1_000n };
const nobodyRuns = async () => false;

async function facts(orderId: OrderId) {
  const [row] = await database.orm.em.fork().execute(
    `select o.stage, o.payment_status as payment, c.status as check,
       (select count(*)::int from order_events e where e.order_id = o.id and e.type = 'order_expired') as events
     from orders o join echecks c on c.order_id = o.id where o.id = ?`,
    [orderId],
  );
  return row;
}

describe('the sweep of checks that ran out', () => {
  test('expires the check, releases its hold and ends the order, once', async () => {
    const orderId = await issue(database.orm, order);
    const before = await readAccount(database.orm, 'buyer');
    const sweep = { now: afterThat, isWorkflows: nobodyRuns };
    const [first, second] = await Promise.all([expireChecks(database.orm, sweep), expireChecks(database.orm, sweep)]);
    expect([...first.expired, ...second.expired]).toEqual([orderId]);
    expect(await facts(orderId)).toEqual({ stage: 'expired', payment: 'voided', check: 'expired', events: 1 });
    expect(before?.held.amount).toBe(1_000);
    expect((await readAccount(database.orm, 'buyer'))?.held.amount).toBe(0);
    expect(await reconcileBooks(database.orm)).toEqual([]);
  });

  test('leaves an order of which its workflow has the say', async () => {
    const orderId = await issue(database.orm, order);
    const swept = await expireChecks(database.orm, { now: afterThat, isWorkflows: async (id) => id === orderId });
    expect(swept).toEqual({ expired: [], leftAlone: [orderId] });
    expect(await facts(orderId)).toEqual({ stage: 'check_issued', payment: 'held', check: 'issued', events: 0 });
    await expireChecks(database.orm, { now: afterThat, isWorkflows: nobodyRuns });
  });

  test('touches neither an accepted check, whose money is promised, nor one that is still good', async () => {
    const accepted = await issue(database.orm, order);
    await moveCheck(database.orm.em.fork(), accepted, 'presented', 'accepted');
    const good = await issue(database.orm, order);
    await expireChecks(database.orm, { now: new Date(), isWorkflows: nobodyRuns });
    expect(await facts(good)).toMatchObject({ check: 'issued' });
    await expireChecks(database.orm, { now: afterThat, isWorkflows: nobodyRuns });
    expect(await facts(accepted)).toMatchObject({ check: 'accepted', payment: 'held' });
    expect(await facts(good)).toMatchObject({ check: 'expired', payment: 'voided' });
  });

  test('an order that is accepted while the sweep looks at it stays accepted', async () => {
    const orderId = await issue(database.orm, order);
    const swept = await expireChecks(database.orm, {
      now: afterThat,
      isWorkflows: async () => {
        await moveCheck(database.orm.em.fork(), orderId, 'presented', 'accepted');
        return false;
      },
    });
    expect(swept).toEqual({ expired: [], leftAlone: [orderId] });
    expect(await facts(orderId)).toMatchObject({ check: 'accepted', payment: 'held' });
  });
});
