import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { expectProblem } from '../api/support.ts';
import { finalOrder, scheduledOrder, testService, type TestService } from '../support/service.ts';
import { wednesdayNoon } from '../support/service-date.ts';

/* The distributor moves the date that is fixed, and everybody reads it. */

let service: TestService;
beforeAll(async () => {
  service = await testService();
});
afterAll(() => service.close());

const move = (id: string, deliverAt: string, as = 'distributor-swift') =>
  service.ask('POST', `/v1/orders/${id}/schedule`, { as, body: { deliverAt } });
const report = (id: string, kind: string) =>
  service.ask('POST', `/v1/orders/${id}/distribution-events`, {
    as: 'distributor-swift',
    body: { eventId: kind, kind, occurredAt: new Date().toISOString() },
  });

test('to and fro, each move once, until the goods are there', async () => {
  const id = await scheduledOrder(service, 'moved');
  const { body: before } = await service.ask('GET', `/v1/orders/${id}`);
  const dates = [wednesdayNoon(0), wednesdayNoon(1), wednesdayNoon(0), wednesdayNoon(1)];
  for (const deliverAt of dates) {
    const said = [await move(id, deliverAt), await move(id, deliverAt)];
    expect(said).toMatchObject(
      said.map(() => ({ status: 200, body: { stage: 'scheduled', distribution: { deliverAt } } })),
    );
  }
  const { body: slots } = await service.ask('GET', `/v1/orders/${id}/delivery-slots`, { as: 'distributor-swift' });
  expect((await move(id, slots.data[1])).body).toMatchObject({ distribution: { deliverAt: slots.data[1] } });

  const past = await move(id, '2001-01-01T10:00:00Z');
  expectProblem(past, 'outside-service');
  expect(Date.parse(past.body.nextPossible)).toBeGreaterThan(Date.now());
  expectProblem(await move(id, wednesdayNoon(), 'buyer-ada'), 'forbidden');

  expect((await report(id, 'in_transit')).status).toBe(202);
  expect((await report(id, 'failed_attempt')).status).toBe(202);
  expect((await move(id, dates[0] ?? '')).body).toMatchObject({ distribution: { deliverAt: dates[0] } });
  expect((await report(id, 'delivered')).status).toBe(202);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed' });
  expectProblem(await move(id, wednesdayNoon(1)), 'illegal-transition');

  const { body: timeline } = await service.ask('GET', `/v1/orders/${id}/timeline`);
  const fixed = timeline.data.filter(({ type }: { type: string }) => type === 'dispatch_scheduled');
  const told = fixed.map(({ body }: { body: { deliverAt: string } }) => body.deliverAt);
  expect(told.slice(0, 6)).toEqual([before.distribution.deliverAt, ...dates, slots.data[1]]);
  expect(told.at(-1)).toBe(dates[0]);
});

test.each([['<reason>'], ['...'], [' … ']])(
  'a reason that nobody has filled in (%p) is explained as such',
  async (reason) => {
    const id = await scheduledOrder(service, `unfilled ${reason.length}`);
    const answer = await service.ask('POST', `/v1/orders/${id}/cancellation`, { body: { reason } });
    expectProblem(answer, 'invalid-request');
    expect(answer.body.errors).toEqual([{ pointer: '/reason', detail: 'must be your own words, not a placeholder' }]);
  },
);
