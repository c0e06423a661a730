import { setTimeout } from 'node:timers/promises';
import { reportOnceInstructed, type Answer } from '../api/support.ts';
import { wednesdayNoon } from '../support/service-date.ts';
import { orderFor, orderWhen, presentationOf, testService, type TestService } from '../support/service.ts';

/* What is said to a resumed order before it has read its record: its first workflow task has all of it at once. */

let service: TestService;
beforeAll(async () => {
  service = await testService();
  const manual = { name: 'The Forge', agent: 'manual' };
  await service.ask('PUT', '/v1/registry/sellers/seller-forge', { as: 'operator-olga', body: manual });
});
afterAll(() => service.close());

interface Case {
  readonly ordered: Record<string, unknown>;
  readonly stage: string;
  /** What its distributor has reported by then. */
  readonly reported?: string;
  readonly as: string;
  readonly path: string;
  readonly said?: (order: Answer['body']) => Record<string, unknown>;
  readonly answer: { readonly status: number; readonly body: Record<string, unknown> };
}

const BY_HAND = { presentation: 'manual' };
/** Once: the day may end between two looks at the clock. */
const MOVED = wednesdayNoon(2);
const FORGED = { sellerId: 'seller-forge', lines: [{ sku: 'nails-1kg', quantity: 1 }] };
const ENOUGH = () => ({ reason: 'enough' });

const CASES: Record<string, Case> = {
  'its buyer presents the check': {
    ordered: BY_HAND,
    stage: 'check_issued',
    as: 'buyer-ada',
    path: 'presentation',
    said: presentationOf,
    answer: { status: 200, body: { payment: { status: 'held' } } },
  },
  'its seller accepts': {
    ordered: FORGED,
    stage: 'presented',
    as: 'seller-forge',
    path: 'acceptance',
    answer: { status: 200, body: { payment: { status: 'held' } } },
  },
  'its seller refuses': {
    ordered: FORGED,
    stage: 'presented',
    as: 'seller-forge',
    path: 'refusal',
    said: ENOUGH,
    answer: { status: 200, body: { stage: 'rejected', payment: { status: 'voided' } } },
  },
  'its distributor moves the date': {
    ordered: {},
    stage: 'scheduled',
    as: 'distributor-swift',
    path: 'schedule',
    said: () => ({ deliverAt: MOVED }),
    answer: { status: 200, body: { stage: 'scheduled', distribution: { deliverAt: MOVED } } },
  },
  'its buyer cancels': {
    ordered: {},
    stage: 'scheduled',
    as: 'buyer-ada',
    path: 'cancellation',
    said: ENOUGH,
    answer: { status: 200, body: { stage: 'cancelled', payment: { status: 'voided' } } },
  },
  'its buyer cancels what is paid': {
    ordered: { settleOn: 'notice' },
    stage: 'scheduled',
    as: 'buyer-ada',
    path: 'cancellation',
    said: ENOUGH,
    answer: { status: 200, body: { stage: 'refunded', payment: { status: 'refunded' } } },
  },
  'its buyer cancels what is on its way': {
    ordered: {},
    reported: 'picked_up',
    stage: 'in_distribution',
    as: 'buyer-ada',
    path: 'cancellation',
    said: ENOUGH,
    answer: { status: 409, body: { detail: 'an order in in_distribution cannot be cancelled by buyer now' } },
  },
  'its buyer presents what is presented': {
    ordered: FORGED,
    stage: 'presented',
    as: 'buyer-ada',
    path: 'presentation',
    said: presentationOf,
    answer: { status: 409, body: { detail: 'an order in presented cannot be presented now' } },
  },
};

test.each(Object.entries(CASES))('%s: the answer is of the order as it stands on record', async (key, each) => {
  const { ordered, reported, stage, as, path, said = () => ({}), answer } = each;
  const { id } = (await service.ask('POST', '/v1/orders', { body: orderFor(ordered), key })).body;
  const report = reported && { eventId: reported, kind: reported, occurredAt: new Date().toISOString() };
  if (report) await reportOnceInstructed(service, id, report);
  await orderWhen(service, id, (order) => order.stage === stage);
  const { body: order } = await service.ask('GET', `/v1/orders/${id}`);
  await service.client.workflow.getHandle(id).terminate('by mistake');
  await service.stopWorkers();
  const body = { action: 'resume', reason: 'its workflow was lost' };
  const resumed = await service.ask('POST', `/v1/orders/${id}/interventions`, { as: 'operator-olga', body });
  expect(resumed.status).toBe(200);

  const answered = service.ask('POST', `/v1/orders/${id}/${path}`, { as, body: said(order) });
  // It is there before a worker is.
  await setTimeout(500);
  await service.startWorker();
  expect(await answered).toMatchObject(answer);
});
