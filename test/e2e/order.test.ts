import { reportOnceInstructed } from '../api/support.ts';
import { finalOrder, orderFor, testService, withoutAttention, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await testService();
});
afterAll(() => service.close());

/** What the claims say happens, in the order in which it happens. */
const GOOD_TIMELINE = [
  'order_requested',
  'charge_obtained',
  'credit_judged',
  'seller_verified',
  'distributor_verified',
  'check_issued',
  'check_presented',
  'check_validated',
  'distribution_promised',
  'payment_indicated',
  'distribution_instructed',
  'dispatch_scheduled',
  'distribution_completed',
  'completion_notified_seller',
  'completion_notified_office',
  'payment_demanded',
  'payment_settled',
  'check_finalised',
  'order_completed',
];

test('one POST and one delivery confirmation take an order from HTTP to paid and delivered', async () => {
  const posted = await service.ask('POST', '/v1/orders', { body: orderFor(), key: 'first' });
  expect(posted.status).toBe(201);
  const { id } = posted.body;
  const proof = { eventId: 'e1', kind: 'delivered', occurredAt: new Date().toISOString() };
  const confirmed = await reportOnceInstructed(service, id, proof);
  expect(confirmed.status).toBe(202);

  const order = await finalOrder(service, id);
  expect(order).toMatchObject({
    stage: 'completed',
    payment: { status: 'settled', amount: { amount: 645, currency: 'EUR' } },
    echeck: { status: 'final' },
    distribution: { status: 'delivered' },
  });
  const timeline = await service.ask('GET', `/v1/orders/${id}/timeline`);
  expect(withoutAttention<{ type: string }>(timeline.body.data).map(({ type }) => type)).toEqual(GOOD_TIMELINE);
});
