import { setTimeout as sleep } from 'node:timers/promises';
import { intervene } from '../../workflows/messages/definitions.ts';
import { imaginedOrdersInRealTime, type ImaginedOrders } from '../workflow/support/imagined-orders.ts';

/* A payment demand that the check register refuses: nobody is paid, and the order asks for an operator instead of asking again. */

let imagined: ImaginedOrders;
beforeAll(async () => {
  imagined = await imaginedOrdersInRealTime();
});
afterAll(() => imagined.close());

test('a refused demand waits for an operator, and is made again only when told so', async () => {
  let demands = 0;
  let repaired = false;
  const order = await imagined.order({
    steps: () => ({
      async settlePayment() {
        demands += 1;
        return repaired ? { kind: 'settled' } : { kind: 'refused', detail: 'not this seller' };
      },
    }),
  });
  await order.handle.signal('deliveryConfirmed', { eventId: 'e1', deliveredAt: new Date().toISOString() });
  const { attention } = await order.until((state) => state.attention?.step === 'settlePayment');
  expect(attention).toMatchObject({ reason: 'DemandRefused', waitingOn: 'operator' });
  await sleep(1_000);
  expect(demands).toBe(1);
  expect((await order.state()).stage).toBe('delivered');

  await order.handle.executeUpdate(intervene, { args: [{ action: 'retry', reason: 'looked at it' }] });
  await order.until((state) => demands === 2 && state.attention !== null);
  repaired = true;
  await order.handle.executeUpdate(intervene, { args: [{ action: 'retry', reason: 'repaired' }] });
  expect(await order.end()).toMatchObject({ stage: 'completed' });
  expect(demands).toBe(3);
  expect(order.taken).not.toContain('refundIfSettled');
});
