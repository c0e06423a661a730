import { ApplicationFailure } from '@temporalio/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AttentionNote } from '../../activities/notes.ts';
import { intervene } from '../../workflows/messages/definitions.ts';
import { imaginedOrdersInRealTime, type ImaginedOrders } from './support/imagined-orders.ts';
import { until } from '../support/until.ts';

let imagined: ImaginedOrders;
beforeAll(async () => {
  imagined = await imaginedOrdersInRealTime();
});
afterAll(() => imagined.close());

const eventsOf = ({ event, more = [] }: AttentionNote) => [event, ...more];

test('what was fixed shows at once: a note that waits for its next attempt goes out with the newest', async () => {
  const written: AttentionNote[] = [];
  let away = true;
  // The notes cannot be written before one goes out that tells of the intervention, too.
  let isBack = false;
  const order = await imagined.order({
    steps: ({ issueCheck }) => ({
      issueCheck: (demand) =>
        away
          ? Promise.reject(ApplicationFailure.nonRetryable('the office is away', 'NoSuchThing'))
          : issueCheck(demand),
      noteAttention: async (note) => {
        isBack ||= eventsOf(note).some(({ type }) => type === 'intervention_made');
        if (!isBack) throw new Error('connect ECONNREFUSED');
        written.push(note);
      },
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
  // A loaded machine may lose an attempt of another step, too.
  const events = written
    .flatMap(eventsOf)
    .filter(({ body }) => body['step'] === 'issueCheck' || body['on'] === 'issueCheck');
  const types = events.map(({ type }) => type);
  expect(types).toEqual(['attention_raised', 'attention_raised', 'intervention_made', 'attention_cleared']);
  // All that had waited went out together, and not one after the other.
  expect(written.length).toBeLessThan(events.length);
  await order.handle.signal('deliveryConfirmed', { eventId: 'e1', deliveredAt: new Date().toISOString() });
  await order.end();
});
