import { setTimeout as sleep } from 'node:timers/promises';
import { DEMO_DISTRIBUTOR } from '../../office/seed-data.ts';
import { expectProblem, reportOnceInstructed, type Answer } from '../api/support.ts';
import { schedule, state } from '../../workflows/messages/definitions.ts';
import { orderFor, orderWhen, presentationOf, testService, type TestService } from '../support/service.ts';
import { wednesdayNoon } from '../support/service-date.ts';
import { until } from '../support/until.ts';
import { answerLostOnce, breakable, type Fault } from '../workflow/support/breakable.ts';
import { untilTaken } from '../workflow/support/histories.ts';
import type { StepName } from '../workflow/support/imagined-steps.ts';

/*
 * A step is recorded before its workflow hears of it, and its answer may be lost on the way: for a while everybody reads a stage to
 * which the workflow has not come yet. What fits that stage is taken all the same.
 */

const { faults, activities } = breakable();

let service: TestService;
/** The token of a distributor that fixes every date by hand. */
let slow: string;
beforeAll(async () => {
  service = await testService(activities);
  slow = await service.issuer.issue({ id: 'distributor-slow', role: 'distributor' });
  const put = (path: string, body: object) =>
    service.ask('PUT', `/v1/registry/${path}`, { as: 'operator-olga', body: { name: path, ...body } });
  await put('sellers/seller-forge', { agent: 'manual' });
  await put('sellers/seller-mill', { agent: 'auto', paymentDemand: 'own' });
  await put('distributors/distributor-slow', { agent: 'manual', terms: DEMO_DISTRIBUTOR.terms });
});
afterAll(() => service.close());

/** From here on the first answer of that step is lost, of each order, and its next attempts wait. */
function loseAnswer(step: StepName, untilThen: () => Promise<unknown>): void {
  const begun = new Map<string, Fault>();
  faults.clear();
  faults.set(step, async (take, orderId) => {
    const before = begun.get(orderId);
    if (before) await untilThen();
    const answer = before ?? answerLostOnce();
    begun.set(orderId, answer);
    return answer(take, orderId);
  });
}

interface Late {
  readonly step: StepName;
  readonly body: Record<string, unknown>;
  /** What everybody reads by then. */
  readonly stage: string;
  readonly act: (order: Answer['body']) => Promise<Answer>;
}

const post = (as: string, path: string, body: object = {}) => service.ask('POST', `/v1/${path}`, { as, body });
const FORGE = { sellerId: 'seller-forge', lines: [{ sku: 'nails-1kg', quantity: 1 }] };

const ACTS: Readonly<Record<string, Late>> = {
  presented: {
    step: 'issueCheck',
    body: { presentation: 'manual' },
    stage: 'check_issued',
    act: (order) => post('buyer-ada', `orders/${order.id}/presentation`, presentationOf(order)),
  },
  accepted: {
    step: 'validateCheck',
    body: FORGE,
    stage: 'presented',
    act: ({ id }) => post('seller-forge', `orders/${id}/acceptance`),
  },
  refused: {
    step: 'validateCheck',
    body: FORGE,
    stage: 'presented',
    act: ({ id }) => post('seller-forge', `orders/${id}/refusal`, { reason: 'no nails' }),
  },
  'said to be paid': {
    step: 'validateCheck',
    body: { payment: 'manual' },
    stage: 'accepted',
    act: ({ id }) => post('buyer-ada', `orders/${id}/payment-indication`),
  },
  'paid for on demand': {
    step: 'validateCheck',
    body: { payment: 'manual', settleOn: 'notice' },
    stage: 'accepted',
    act: ({ echeck }) => post('seller-mill', 'payment-demands', { echeck: echeck.jws }),
  },
  'given a date': {
    step: 'instructDistribution',
    body: { distributorId: 'distributor-slow' },
    stage: 'accepted',
    act: ({ id }) => post(slow, `orders/${id}/schedule`, { deliverAt: wednesdayNoon() }),
  },
  'given another date': {
    step: 'scheduleDispatch',
    body: {},
    stage: 'scheduled',
    act: ({ id }) => post('distributor-swift', `orders/${id}/schedule`, { deliverAt: wednesdayNoon(1) }),
  },
};

const reported = (kind: string) => ({ eventId: kind, kind, occurredAt: new Date().toISOString() });

/** An order whose step is recorded, as everybody can read, while its workflow is still asking for its answer. */
async function orderAhead(
  key: string,
  { step, body, stage }: Late,
  untilThen: () => Promise<unknown>,
): Promise<Answer['body']> {
  loseAnswer(step, untilThen);
  const posted = await service.ask('POST', '/v1/orders', { body: orderFor(body), key });
  const { id } = posted.body;
  await orderWhen(service, id, (order) => order.stage === stage);
  if (step === 'instructDistribution')
    await until(
      () => service.ask('GET', `/v1/orders/${id}`, { as: slow }),
      ({ status }) => status === 200,
    );
  return (await service.ask('GET', `/v1/orders/${id}`)).body;
}

test.each(Object.entries(ACTS))('an order that is not known to be there yet is %s', async (what, its) => {
  const order = await orderAhead(what, its, () => sleep(1_500));
  // A loaded machine may need longer than anybody is made to wait.
  const answer = await until(
    () => its.act(order),
    ({ status }) => status !== 503,
  );
  expect([what, answer.status < 300, answer.body.type]).toEqual([what, true, undefined]);
  // The order has said that the step was tried again.
  await until(
    () => service.ask('GET', `/v1/orders/${order.id}/timeline`, { as: 'operator-olga' }),
    ({ body }) => body.data.some((event: { body: { step?: string } }) => event.body.step === its.step),
  );
});

test('who has to wait for that too long is asked to come back, and nothing is half done', async () => {
  const accepting = ACTS['accepted'] as Late;
  const { promise: over, resolve: isOver } = Promise.withResolvers<void>();
  const order = await orderAhead('too long', accepting, () => over);
  expectProblem(await accepting.act(order), 'service-unavailable');
  isOver();
  expect(await orderWhen(service, order.id, ({ attention }) => attention === null)).toMatchObject({
    stage: 'presented',
  });
  expect((await accepting.act(order)).status).toBe(200);
});

test('a date that its distributor fixed after a failed attempt stays, also when the order is resumed', async () => {
  const { promise: over, resolve: isOver } = Promise.withResolvers<void>();
  loseAnswer('recordDistribution', () => over);
  const { id } = (await service.ask('POST', '/v1/orders', { body: orderFor(), key: 'own date' })).body;
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  const handle = service.client.workflow.getHandle(id);
  await reportOnceInstructed(service, id, reported('in_transit'));
  await orderWhen(service, id, ({ stage }) => stage === 'in_distribution');
  await reportOnceInstructed(service, id, reported('failed_attempt'));
  const deliverAt = wednesdayNoon(2);
  const moved = post('distributor-swift', `orders/${id}/schedule`, { deliverAt });
  await untilTaken(service.client, id, schedule.name);
  isOver();
  expect((await moved).body).toMatchObject({ distribution: { deliverAt } });
  await handle.terminate('by mistake');
  const resume = { action: 'resume', reason: 'its workflow was lost' };
  expect((await post('operator-olga', `orders/${id}/interventions`, resume)).status).toBe(200);
  await until(
    () => handle.query(state),
    ({ waitingOn }) => waitingOn === 'distributor-swift',
  );
  const { distribution } = await orderWhen(service, id, () => true);
  expect(distribution.deliverAt).toBe(deliverAt);
});
