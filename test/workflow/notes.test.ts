import { ApplicationFailure } from '@temporalio/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { intervene } from '../../workflows/messages/definitions.ts';
import { imaginedOrdersInRealTime, type ImaginedOrders } from './support/imagined-orders.ts';
import { until } from '../support/until.ts';

let imagined: ImaginedOrders;
beforeAll(async () => {
  imagined = await imaginedOrdersInRealTime();
});
afterAll(() => imagined.close());

interface Note {
  readonly attention: unknown;
  readonly event: { readonly type: string };
  readonly more?: readonly { readonly type: string }[];
}

test('what was fixed shows at once: a note that waits for its next attempt goes out with the newest', async () => {
  const written: Note[] = [];
  let away = true;
  const unreachable = () => Promise.reject(new Error('connect ECONNREFUSED'));
  const order = await imagined.order({
    steps: ({ issueCheck }) => ({
      issueCheck: (demand) =>
        away
          ? Promise.reject(ApplicationFailure.nonRetryable('the office is away', 'NoSuchThing'))
          : issueCheck(demand),
      noteAttention: async (note) => {
        if (away) return unreachable();
        written.push(note);
      },
      noteIntervention: () => (away ? unreachable() : Promise.resolve()),
    }),
  });
  await order.until(({ attention }) => attention?.reason === 'Parked:NoSuchThing');
  // By now the first note waits seconds for its next attempt.
  await sleep(7_000);
  away = false;
  await order.handle.executeUpdate(intervene, { args: [{ action: 'retry', reason: 'the office is back' }] });
  await order.until(({ stage }) => stage === 'scheduled');
  await until(
    () => written.at(-1),
    (last) => last?.attention === null,
  );
  const events = written.flatMap(({ event, more = [] }) => [event.type, ...more.map(({ type }) => type)]);
  expect(events).toEqual(['attention_raised', 'attention_raised', 'intervention_made', 'attention_cleared']);
  // All that had waited went out together, and not one after the other.
  expect(written.length).toBeLessThan(events.length);
  await order.handle.signal('deliveryConfirmed', { eventId: 'e1', deliveredAt: new Date().toISOString() });
  await order.end();
});
