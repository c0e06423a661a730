import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { Stage } from '../../domain/order.ts';
import { awaitDecision, KEY_REUSED } from '../../workflows/messages/definitions.ts';
import {
  imaginedOrdersInRealTime,
  type ImaginedOrder,
  type ImaginedOrders,
} from '../workflow/support/imagined-orders.ts';

/* A workflow that begins again with its order on record, or is asked by another request: nothing is done twice. */

let imagined: ImaginedOrders;
beforeAll(async () => {
  imagined = await imaginedOrdersInRealTime();
});
afterAll(() => imagined.close());

/** An order whose workflow is new and whose record has come as far as `stage`. */
function recorded(stage: Stage, { paid = false, paymentIndicated = true } = {}): Promise<ImaginedOrder> {
  return imagined.order({
    input: { settleOn: paid ? 'notice' : 'delivery' },
    steps: (good) => ({
      priceOrder: () => Promise.resolve({ kind: 'recorded' }),
      async recallOrder(input) {
        const issued = await good.issueCheck({ ...input, lines: [], charge: { amount: 645, currency: 'EUR' } });
        if (issued.kind !== 'issued') throw new Error('the imagined check is always issued');
        return {
          order: { ...issued.order, stage },
          request: null,
          ending: null,
          agents: { buyer: 'auto', seller: 'auto', distributor: 'auto' },
          paid,
          paymentIndicated,
          reports: [],
        };
      },
    }),
  });
}

const DONE_BEFORE = {
  check_issued: ['issueCheck'],
  presented: ['issueCheck', 'validateCheck'],
  accepted: ['issueCheck', 'validateCheck', 'acceptOrder', 'indicatePayment'],
  scheduled: ['issueCheck', 'validateCheck', 'acceptOrder', 'indicatePayment', 'scheduleDispatch'],
  in_distribution: ['issueCheck', 'validateCheck', 'acceptOrder', 'indicatePayment', 'scheduleDispatch'],
} as const;

test.each(Object.keys(DONE_BEFORE) as (keyof typeof DONE_BEFORE)[])(
  'a workflow that begins again in %s goes on from there, and takes no step of before',
  async (stage) => {
    const order = await recorded(stage);
    // A seller that promised nothing yet does so by hand, once the record was read.
    if (stage === 'presented') {
      await order.until((state) => state.stage === 'presented');
      await order.handle.executeUpdate('accept', { args: [{}] });
    }
    await order.until((state) => state.stage === 'scheduled' || state.stage === 'in_distribution');
    await order.handle.signal('deliveryConfirmed', { eventId: 'e1', deliveredAt: new Date().toISOString() });
    expect(await order.end()).toMatchObject({ stage: 'completed' });
    const doneAgain = DONE_BEFORE[stage].filter((step) => order.taken.some((taken) => taken === step));
    expect(doneAgain).toEqual([]);
    expect(order.taken.filter((step) => step === 'settlePayment')).toHaveLength(1);
  },
);

test('what was paid before is not demanded again: the check only becomes final', async () => {
  const order = await recorded('scheduled', { paid: true });
  await order.until(({ stage }) => stage === 'scheduled');
  await order.handle.signal('deliveryConfirmed', { eventId: 'e1', deliveredAt: new Date().toISOString() });
  expect(await order.end()).toMatchObject({ stage: 'completed' });
  expect(order.taken).not.toContain('settlePayment');
  expect(order.taken.at(-1)).toBe('finaliseCheck');
});

test('the same key with another body is told so, and the order goes on as it was', async () => {
  const order = await imagined.order();
  await order.until(({ stage }) => stage === 'scheduled');
  const ask = (requestDigest: string) => order.handle.executeUpdate(awaitDecision, { args: [{ requestDigest }] });
  const { requestDigest } = order.given.priceOrder as { requestDigest: string };
  expect(await ask(requestDigest)).toMatchObject({ kind: 'issued' });
  const refused = await ask('another-digest').catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(WorkflowUpdateFailedError);
  expect(refused).toMatchObject({ cause: { type: KEY_REUSED } });
  expect((await order.state()).stage).toBe('scheduled');
  await order.handle.terminate();
});
