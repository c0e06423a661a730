import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { cancel, intervene } from '../../workflows/messages/definitions.ts';
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
  const { attention } = await order.until((state) => state.attention?.reason === 'DemandRefused');
  expect(attention).toMatchObject({ step: 'settlePayment', waitingOn: 'operator' });
  await sleep(1_000);
  expect(demands).toBe(1);
  expect((await order.state()).stage).toBe('delivered');

  // The goods are with the buyer: there is nothing to cancel any more, for nobody.
  for (const role of ['buyer', 'operator'] as const)
    await expectRefusal(order.handle.executeUpdate(cancel, { args: [{ reason: 'no', role }] }));
  await expectRefusal(order.handle.executeUpdate(intervene, { args: [{ action: 'abort', reason: 'no' }] }));

  const looked = await order.handle.executeUpdate(intervene, { args: [{ action: 'retry', reason: 'looked at it' }] });
  expect(looked).toEqual({ ok: true, stage: 'delivered' });
  await order.until((state) => demands === 2 && state.attention !== null);
  repaired = true;
  await order.handle.executeUpdate(intervene, { args: [{ action: 'retry', reason: 'repaired' }] });
  expect(await order.end()).toMatchObject({ stage: 'completed' });
  expect(demands).toBe(3);
  expect(order.taken).not.toContain('refundIfSettled');
});

test('an order that is ending is not cancelled a second time', async () => {
  const { promise: closing, resolve: close } = Promise.withResolvers<void>();
  const order = await imagined.order({
    steps: (good) => ({
      async voidCheckIfIssued(input) {
        await closing;
        return good.voidCheckIfIssued(input);
      },
    }),
  });
  await order.until(({ stage, waitingOn }) => stage === 'scheduled' && waitingOn !== null);
  const first = await order.handle.startUpdate(cancel, { args: [{ reason: 'first' }], waitForStage: 'ACCEPTED' });
  await expectRefusal(order.handle.executeUpdate(cancel, { args: [{ reason: 'second' }] }));
  close();
  expect(await first.result()).toEqual({ ok: true, stage: 'cancelled' });
  await order.end();
  expect(order.given.closeOrder).toMatchObject({ ending: { reason: 'first' } });
});

async function expectRefusal(update: Promise<unknown>): Promise<void> {
  const refused = await update.catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(WorkflowUpdateFailedError);
  expect(refused).toMatchObject({ cause: { type: 'illegal-transition' } });
}
