import { reportOnceInstructed, type Answer } from '../api/support.ts';
import {
  finalOrder,
  orderFor,
  orderWhen,
  testService,
  type TestService,
  withoutAttention,
} from '../support/service.ts';
import { answerLostOnce, breakable, unreachable } from './support/breakable.ts';
import type { StepName } from './support/imagined-steps.ts';
import { until } from '../support/until.ts';

const { faults, activities } = breakable();
let service: TestService;
beforeAll(async () => {
  service = await testService(activities);
});
afterAll(() => service.close());
afterEach(() => faults.clear());

let count = 0;
async function placed(change: Record<string, unknown> = {}): Promise<string> {
  count += 1;
  const posted = await service.ask('POST', '/v1/orders', { body: orderFor(change), key: `order-${count}` });
  expect(posted.status).toBe(201);
  return posted.body.id;
}

async function paidAtNotice(): Promise<string> {
  const id = await placed({ settleOn: 'notice' });
  await orderWhen(service, id, ({ payment }) => payment.status === 'settled');
  return id;
}

const report = (id: string, kind: string) =>
  reportOnceInstructed(service, id, { eventId: `${kind}-1`, kind, occurredAt: new Date().toISOString() });
const cancel = (id: string, as = 'buyer-ada') =>
  service.ask('POST', `/v1/orders/${id}/cancellation`, { as, body: { reason: 'changed my mind' } });

/** The order has cost nobody anything: nothing is held, and all that was paid was given back. */
async function expectNothingCost(id: string): Promise<void> {
  const trace = await service.ask('GET', `/v1/orders/${id}/money`, { as: 'operator-olga' });
  const [sums] = await service.database.orm.em.fork().execute<{ held: string; moved: string }[]>(
    `select coalesce(sum(e.held_amount), 0) as held, coalesce(sum(e.amount) filter (where e.account_id = 'buyer-ada'), 0) as moved
     from entries e join transfers t on t.id = e.transfer_id where t.order_id = ?`,
    [id],
  );
  expect(sums).toEqual({ held: '0', moved: '0' });
  expect(trace.status).toBe(200);
}

async function timelineOf(id: string): Promise<string[]> {
  const { body } = await service.ask('GET', `/v1/orders/${id}/timeline`, { as: 'operator-olga' });
  return withoutAttention<{ type: string }>(body.data).map(({ type }) => type);
}

describe('a cancel undoes all that was done', () => {
  test.each([
    ['before the presentation', { presentation: 'manual' }, 'check_issued', 'cancelled', 'voided'],
    ['after the acceptance', { payment: 'manual' }, 'accepted', 'cancelled', 'voided'],
    ['after the payment at the notice', { payment: 'manual', settleOn: 'notice' }, 'accepted', 'refunded', 'refunded'],
    ['after the scheduling', {}, 'scheduled', 'cancelled', 'voided'],
    ['after scheduling and payment', { settleOn: 'notice' }, 'scheduled', 'refunded', 'refunded'],
  ] as const)('%s', async (_when, change, from, stage, payment) => {
    const id = await placed(change);
    // Paid at the notice, and so a moment after the acceptance.
    const isPaid = (order: Answer['body']) => payment !== 'refunded' || order.payment.status === 'settled';
    await orderWhen(service, id, (order) => order.stage === from && isPaid(order));
    const cancelled = await cancel(id);
    expect(cancelled).toMatchObject({ status: 200, body: { stage, payment: { status: payment } } });
    await expectNothingCost(id);
    expect((await timelineOf(id)).includes('dispatch_cancelled')).toBe(from === 'scheduled');
    expect((await timelineOf(id)).at(-1)).toBe(`order_${stage}`);
  });

  test("on the way only the operator's does", async () => {
    const id = await placed();
    await report(id, 'picked_up');
    await orderWhen(service, id, (order) => order.stage === 'in_distribution');
    expect(await cancel(id)).toMatchObject({ status: 409, body: { type: '/problems/illegal-transition' } });
    expect(await cancel(id, 'operator-olga')).toMatchObject({ status: 200, body: { stage: 'cancelled' } });
    await expectNothingCost(id);
  });

  test('after the settlement it is a refund', async () => {
    const id = await placed();
    await report(id, 'delivered');
    await orderWhen(service, id, (order) => order.stage === 'completed');
    expect((await cancel(id)).status).toBe(409);
    const refund = { as: 'seller-mill', body: { reason: 'damaged' }, key: `refund-${id}` };
    const refunded = await service.ask('POST', `/v1/orders/${id}/refund`, refund);
    expect(refunded).toMatchObject({ status: 200, body: { stage: 'refunded', payment: { status: 'refunded' } } });
    await expectNothingCost(id);
  });

  test('a payment that was given back in full on the way ends the delivered order as refunded', async () => {
    const id = await paidAtNotice();
    await service.ask('POST', `/v1/orders/${id}/refund`, { as: 'seller-mill', body: { reason: 'late' }, key: id });
    await report(id, 'delivered');
    expect(await finalOrder(service, id)).toMatchObject({ stage: 'refunded', echeck: { status: 'refunded' } });
    await expectNothingCost(id);
  });
});

describe.each(['delivery', 'notice'])('settled on %s', (settleOn) => {
  test.each(['lost', 'returned'])('%s goods end refunded', async (kind) => {
    const id = await placed({ settleOn });
    await report(id, kind);
    const order = await finalOrder(service, id);
    expect(order).toMatchObject({ stage: 'refunded', distribution: { status: expect.any(String) } });
    await expectNothingCost(id);
    // What comes after the end is taken and changes nothing.
    expect((await report(id, 'delivered')).status).toBe(202);
    expect((await service.ask('GET', `/v1/orders/${id}`)).body.stage).toBe('refunded');
  });
});

const GOOD_STEPS: StepName[] = [
  'issueCheck',
  'validateCheck',
  'scheduleDispatch',
  'recordDistribution',
  'notifySellerOfCompletion',
  'notifyOfficeOfCompletion',
  'settlePayment',
];

test.each(GOOD_STEPS)('%s done and its answer lost: looked up by its key, never doubled', async (step) => {
  faults.set(step, answerLostOnce());
  const id = await placed();
  await report(id, 'in_transit');
  await report(id, 'delivered');
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed', payment: { status: 'settled' } });
  const types = await timelineOf(id);
  expect(types).toEqual([...new Set(types)]);
  const [row] = await service.database.orm.em
    .fork()
    .execute<{ kinds: string[] }[]>('select array_agg(kind order by id) as kinds from transfers where order_id = ?', [
      id,
    ]);
  expect(row!.kinds).toEqual(['hold', 'capture']);
});

test.each(['voidCheckIfIssued', 'cancelDispatchIfInstructed', 'refundIfSettled', 'closeOrder'] as StepName[])(
  '%s done and its answer lost: undone once',
  async (undo) => {
    faults.set(undo, answerLostOnce());
    const id = await paidAtNotice();
    expect(await cancel(id)).toMatchObject({ status: 200, body: { stage: 'refunded' } });
    await expectNothingCost(id);
    const types = await timelineOf(id);
    expect(types).toEqual([...new Set(types)]);
  },
);

test('a payment whose answer was lost for good is found in the ledger and given back', async () => {
  faults.set('settlePayment', async (take) => {
    await take();
    return unreachable();
  });
  const id = await placed({ settleOn: 'notice' });
  await orderWhen(
    service,
    id,
    ({ attention, payment }) => attention?.step === 'settlePayment' && payment.status === 'settled',
  );
  const cancelled = await cancel(id, 'operator-olga');
  expect(cancelled).toMatchObject({ status: 200, body: { stage: 'refunded', payment: { status: 'refunded' } } });
  await expectNothingCost(id);
});

test('an issue that comes after its undo is refused: no check, no hold', async () => {
  const { promise: overtaken, resolve: goOn } = Promise.withResolvers<void>();
  const late: Promise<unknown>[] = [];
  faults.set('issueCheck', (take) => {
    if (late.length > 0) return unreachable();
    late.push(overtaken.then(take));
    return late[0]!;
  });
  const posting = service.ask('POST', '/v1/orders', { body: orderFor(), key: 'overtaken' });
  const [stuck] = await attentionList('issueCheck');
  await service.ask('POST', `/v1/orders/${stuck.id}/interventions`, {
    as: 'operator-olga',
    body: { action: 'abort', reason: 'the office is away' },
  });
  goOn();
  expect(await late[0]).toMatchObject({ kind: 'decided', ending: { stage: 'cancelled', actor: 'operator-olga' } });
  const order = await finalOrder(service, stuck.id);
  expect(order).toMatchObject({ stage: 'cancelled', echeck: null, payment: { status: 'none' }, attention: null });
  await expectNothingCost(stuck.id);
  await posting;
});

/** The orders that need a person because of a step, from one visibility query, once there is one. */
// oxlint-disable-next-line typescript/no-explicit-any -- as every answer of the API in tests
async function attentionList(step: string): Promise<any[]> {
  const isStuck = ({ attention }: { attention: { step: string } }) => attention.step === step;
  const { body } = await until(
    () => service.ask('GET', '/v1/orders?attention=true', { as: 'operator-olga' }),
    (answer) => answer.body.data.some(isStuck),
    { what: `an order that needs attention at ${step}` },
  );
  return body.data.filter(isStuck);
}
