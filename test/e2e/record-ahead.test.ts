import { setTimeout as sleep } from 'node:timers/promises';
import { DEMO_DISTRIBUTOR } from '../../office/seed-data.ts';
import { expectProblem, reportOnceInstructed, type Answer } from '../api/support.ts';
import { state } from '../../workflows/messages/definitions.ts';
import { orderFor, orderWhen, presentationOf, testService, type TestService } from '../support/service.ts';
import { wednesdayNoon } from '../support/service-date.ts';
import { until } from '../support/until.ts';

/*
 * A step is recorded before its workflow hears of it, and its answer may be lost on the way: for a while everybody reads a stage to
 * which the workflow has not come yet. What fits that stage is taken all the same.
 */

/** By the step whose first answer is lost: what its later attempts wait for. */
const late = new Map<string, () => Promise<unknown>>();

let service: TestService;
/** The token of a distributor that fixes every date by hand. */
let slow: string;
beforeAll(async () => {
  service = await testService((steps) =>
    Object.fromEntries(Object.entries(steps).map(([name, step]) => [name, answeringLate(name, step as Step)])),
  );
  slow = await service.issuer.issue({ id: 'distributor-slow', role: 'distributor' });
  const put = (path: string, body: object) =>
    service.ask('PUT', `/v1/registry/${path}`, { as: 'operator-olga', body: { name: path, ...body } });
  await put('sellers/seller-forge', { agent: 'manual' });
  await put('sellers/seller-mill', { agent: 'auto', paymentDemand: 'own' });
  await put('distributors/distributor-slow', { agent: 'manual', terms: DEMO_DISTRIBUTOR.terms });
});
afterAll(() => service.close());

type Step = (input: unknown) => Promise<unknown>;

function answeringLate(name: string, step: Step): Step {
  const lost = new Set<string>();
  return async (input) => {
    const { orderId, order } = input as { orderId?: string; order?: { orderId: string } };
    const { instruction } = input as { instruction?: { orderId: string } };
    const id = orderId ?? order?.orderId ?? instruction?.orderId ?? '';
    const untilThen = late.get(name);
    if (lost.has(id)) await untilThen?.();
    const answer = await step(input);
    if (!untilThen || lost.has(id)) return answer;
    lost.add(id);
    throw new Error('the answer was lost');
  };
}

interface Late {
  readonly step: string;
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

/** The update that every order is started with. */
const isFirst = ({ acceptedRequest }: { acceptedRequest?: { input?: { name?: string | null } | null } | null }) =>
  acceptedRequest?.input?.name === 'awaitDecision';

/** An order whose step is recorded, as everybody can read, while its workflow is still asking for its answer. */
async function orderAhead(
  key: string,
  { step, body, stage }: Late,
  untilThen: () => Promise<unknown>,
): Promise<Answer['body']> {
  late.clear();
  late.set(step, untilThen);
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
  late.clear();
  const { promise: over, resolve: isOver } = Promise.withResolvers<void>();
  late.set('recordDistribution', () => over);
  const { id } = (await service.ask('POST', '/v1/orders', { body: orderFor(), key: 'own date' })).body;
  await orderWhen(service, id, ({ stage }) => stage === 'scheduled');
  const handle = service.client.workflow.getHandle(id);
  await reportOnceInstructed(service, id, reported('in_transit'));
  await orderWhen(service, id, ({ stage }) => stage === 'in_distribution');
  await reportOnceInstructed(service, id, reported('failed_attempt'));
  const deliverAt = wednesdayNoon(2);
  const moved = post('distributor-swift', `orders/${id}/schedule`, { deliverAt });
  await until(
    async () => (await handle.fetchHistory()).events ?? [],
    (events) => events.some(({ workflowExecutionUpdateAcceptedEventAttributes: update }) => update && !isFirst(update)),
  );
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
