import { MOVES, STAGES } from '../../domain/order.ts';
import { moveTo, type RunningOrder } from '../../workflows/runtime/running-order.ts';
import { imaginedOrdersInRealTime, type ImaginedOrders } from '../workflow/support/imagined-orders.ts';
import { until } from '../support/until.ts';

/* A workflow that would move its order where the table of moves does not allow has a bug: it stops there, and nothing is lost. */

test.each(STAGES)('an order moves from %s only where the table says', (from) => {
  for (const to of STAGES) {
    const order = { stage: from, reached: new Set([from]) } as Pick<RunningOrder, 'stage' | 'reached'> as RunningOrder;
    const move = () => moveTo(order, to);
    const allowed = from === to || MOVES[from].includes(to);
    if (allowed) move();
    else expect(move).toThrow(`an order in ${from} may move to ${MOVES[from].join(', ')}, not to ${to}`);
    expect(order.stage).toBe(allowed ? to : from);
    expect(order.reached.has(to)).toBe(allowed);
  }
});

let imagined: ImaginedOrders;
beforeAll(async () => {
  imagined = await imaginedOrdersInRealTime();
});
afterAll(() => imagined.close());

test('an illegal move fails the task and not the order: nothing is undone or paid, and a repaired step goes on', async () => {
  let repaired = false;
  const order = await imagined.order({
    steps: (good) => ({
      // The record has the order ended, and says so in no other way: a step that answers as if it went on must not be believed.
      priceOrder: (input) => (repaired ? good.priceOrder(input) : Promise.resolve({ kind: 'recorded' })),
      async recallOrder(input) {
        const issued = await good.issueCheck({ ...input, lines: [], charge: { amount: 645, currency: 'EUR' } });
        if (issued.kind !== 'issued') throw new Error('the imagined check is always issued');
        return {
          order: { ...issued.order, stage: 'expired' },
          request: null,
          ending: null,
          agents: { buyer: 'auto', seller: 'auto', distributor: 'auto' },
          paid: false,
          paymentIndicated: false,
          reports: [],
        };
      },
    }),
  });
  const failing = await untilTaskFails(order.id);
  expect(failing).toContain('an order in expired may move to , not to presented');
  const { status } = await order.handle.describe();
  expect(status.name).toBe('RUNNING');
  const moved = new Set(order.taken);
  for (const step of ['voidCheckIfIssued', 'refundIfSettled', 'closeOrder', 'decideEnding', 'settlePayment'] as const)
    expect(moved.has(step)).toBe(false);

  repaired = true;
  order.forgetAnswers();
  // While the task fails, Temporal refuses the query.
  await until(
    () => order.state().catch(() => undefined),
    (state) => state?.stage === 'scheduled',
  );
  await order.handle.signal('deliveryConfirmed', { eventId: 'e1', deliveredAt: new Date().toISOString() });
  expect(await order.end()).toMatchObject({ stage: 'completed' });
});

/** Why the order's workflow task fails, once it does. */
async function untilTaskFails(orderId: string): Promise<string> {
  return until(async () => {
    const { events = [] } = await imagined.client.workflow.getHandle(orderId).fetchHistory();
    const failed = (events ?? []).find((event) => event.workflowTaskFailedEventAttributes);
    return failed?.workflowTaskFailedEventAttributes?.failure?.message;
  });
}
