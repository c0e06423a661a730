import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { orderIdFor } from '../../api/orders/place-order.ts';
import { reportOnceInstructed, type Answer } from '../api/support.ts';
import { searchAttributes } from '../../temporal.config.ts';
import { finalOrder, orderFor, orderWhen, testService, type TestService } from '../support/service.ts';
import { breakable, unreachable } from './support/breakable.ts';
import { cardOf, cardWhen } from './support/cards.ts';
import { closedHistoryOf, historyOf, temporalClient } from './support/histories.ts';
import type { StepName } from './support/imagined-steps.ts';
import { until } from '../support/until.ts';

const { faults, activities } = breakable();
/** `order:step` of every step that is broken now. */
const broken = new Map<string, () => Promise<never>>();
let service: TestService;
let temporal: Client;
beforeAll(async () => {
  service = await testService(activities);
  temporal = await temporalClient(service.temporal);
});
afterAll(async () => {
  await temporal.connection.close();
  await service.close();
});

const hopeless = () => Promise.reject(ApplicationFailure.nonRetryable('it can never be', 'NoSuchThing'));

let count = 0;
/** Starts an order whose one step is broken from the start. */
function orderWith(step: StepName, fault: () => Promise<never>, change = {}): { id: string; posted: Promise<Answer> } {
  count += 1;
  const key = `${step}-${count}`;
  const id = orderIdFor('buyer-ada', key);
  broken.set(`${id}:${step}`, fault);
  faults.set(step, (take, orderId) => broken.get(`${orderId}:${step}`)?.() ?? take());
  return { id, posted: service.ask('POST', '/v1/orders', { body: orderFor(change), key }) };
}

/** What one visibility query and the API's list say of the order; polled, for visibility lags. */
async function listed(id: string, step: string, reason: string) {
  const query = `AttentionStep = '${step}' and AttentionReason = '${reason}' and SellerId = 'seller-mill' and ExecutionStatus = 'Running'`;
  const byQuery = async () => {
    for await (const { workflowId } of temporal.workflow.list({ query })) if (workflowId === id) return true;
    return false;
  };
  await until(byQuery, { what: `${id} by ${query}` });
  const inList = async () => {
    const { body } = await service.ask('GET', '/v1/orders?attention=true&limit=100', { as: 'operator-olga' });
    return body.data.find((order: { id: string; attention: { step: string } }) => order.id === id);
  };
  return until(inList, { what: `${id} in the list` });
}

async function timelineOf(id: string): Promise<{ type: string; actor: string; body: Record<string, unknown> }[]> {
  return (await service.ask('GET', `/v1/orders/${id}/timeline`, { as: 'operator-olga' })).body.data;
}

/** By the plain signal, which an order keeps that is not instructed yet, or stuck before it. */
const deliver = (id: string) =>
  temporal.workflow.getHandle(id).signal('deliveryConfirmed', { eventId: 'e1', deliveredAt: new Date().toISOString() });
const intervene = (id: string, action: string) =>
  service.ask('POST', `/v1/orders/${id}/interventions`, { as: 'operator-olga', body: { action, reason: 'seen to' } });

const BEFORE_THE_CHECK: StepName[] = [
  'priceOrder',
  'judgeCredit',
  'verifySellerRegistration',
  'verifyDistributorRegistration',
  'issueCheck',
];
const STEPS: StepName[] = [
  ...BEFORE_THE_CHECK,
  'validateCheck',
  'indicatePayment',
  'scheduleDispatch',
  'recordDistribution',
  'notifySellerOfCompletion',
  'notifyOfficeOfCompletion',
  'settlePayment',
];

const attentionAt = (id: string, step: StepName) => orderWhen(service, id, ({ attention }) => attention?.step === step);

/** A stuck order, and what is seen of it. */
interface Seen {
  readonly id: string;
  readonly posted: Promise<Answer>;
  readonly item: Answer['body'];
  readonly card: string;
  readonly row: Answer['body'];
}

/** An order that its step's fault holds up. Where a loaded machine has lost the first attempt, it says that: then another one. */
async function stuckAndSeen(step: StepName): Promise<Seen> {
  for (let tries = 1; ; tries += 1) {
    const { id, posted } = await stuckAt(step);
    const { attention: row } = await attentionAt(id, step);
    const { typedSearchAttributes } = await temporal.workflow.getHandle(id).describe();
    if (typedSearchAttributes.get(searchAttributes.attentionReason) === 'TimedOut' && tries < 10) continue;
    const item = await listed(id, step, 'DatabaseUnavailable');
    return { id, posted, item, card: await cardOf(temporal, id), row };
  }
}

/** Brings an order to its broken step. */
async function stuckAt(step: StepName) {
  const order = orderWith(step, unreachable, step === 'indicatePayment' ? { payment: 'manual' } : {});
  if (BEFORE_THE_CHECK.includes(step)) return order;
  await order.posted;
  if (step === 'indicatePayment') {
    // As soon as it is waited for; the answer comes when the step is fixed.
    await cardWhen(temporal, order.id, /^### accepted: waits for buyer-ada/);
    void service.ask('POST', `/v1/orders/${order.id}/payment-indication`);
  }
  if (step === 'recordDistribution') {
    const body = { eventId: 'e0', kind: 'in_transit', occurredAt: new Date().toISOString() };
    await reportOnceInstructed(service, order.id, body);
  }
  await deliver(order.id);
  return order;
}

describe('a step that cannot be taken', () => {
  /** One stuck order for each step, seen while it is stuck and then fixed, all at once. */
  const evidence = new Map<StepName, Omit<Seen, 'posted'> & { posted: Answer }>();
  beforeAll(async () => {
    const all = await Promise.all(STEPS.map(async (step) => ({ step, ...(await stuckAndSeen(step)) })));
    broken.clear();
    for (const { step, posted, ...rest } of all) evidence.set(step, { ...rest, posted: await posted });
  });

  test.each(STEPS)('%s: one query finds its order, and its card says what is wrong', (step) => {
    const { item, card, row } = evidence.get(step)!;
    expect(item).toMatchObject({ attention: { step, reason: 'DatabaseUnavailable' } });
    expect(card.split('\n').slice(0, 3)).toEqual([
      `### Needs attention: ${step}`,
      expect.stringMatching(/^`DatabaseUnavailable` since .*Z, waiting on \*\*check-office\*\*\.$/),
      'Last error: connect ECONNREFUSED 127.0.0.1:5432',
    ]);
    expect(row).toMatchObject({ step, reason: 'DatabaseUnavailable' });
  });

  test.each(STEPS)('%s: once it is fixed the order goes on by itself, and nothing says otherwise', async (step) => {
    const { id, posted } = evidence.get(step)!;
    expect(posted.status).toBeLessThan(300);
    if (BEFORE_THE_CHECK.includes(step)) await deliver(id);
    expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed', attention: null });
    expect((await closedHistoryOf(temporal, id)).events.at(-1)).toBe('WORKFLOW_EXECUTION_COMPLETED');
    const { typedSearchAttributes } = await temporal.workflow.getHandle(id).describe();
    expect(typedSearchAttributes.get(searchAttributes.attentionStep)).toBeUndefined();
    expect(typedSearchAttributes.get(searchAttributes.attentionReason)).toBeUndefined();
    const types = (await timelineOf(id)).map(({ type }) => type);
    expect(types).toContain('attention_raised');
    expect(types).toContain('attention_cleared');
    expect(await cardOf(temporal, id)).toContain('### completed: nothing to do');
  });
});

describe('a step that is hopeless parks its order, and an operator decides', () => {
  test.each(['issueCheck', 'settlePayment'] as StepName[])('%s: retry, once it was fixed', async (step) => {
    const { id, posted } = orderWith(step, hopeless);
    if (step === 'settlePayment') await posted.then(() => deliver(id));
    await listed(id, step, 'Parked:NoSuchThing');
    expect(await cardOf(temporal, id)).toContain('It is not tried by itself any more.');
    broken.delete(`${id}:${step}`);
    expect((await intervene(id, 'retry')).status).toBe(200);
    if (step === 'issueCheck') await posted.then(() => deliver(id));
    expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed', attention: null });
    expect(await interventionOf(id)).toMatchObject({ action: 'retry', reason: 'seen to', on: step });
  });

  test('abort ends it, and undoes all that was done', async () => {
    const { id, posted } = orderWith('scheduleDispatch', hopeless);
    await posted;
    await listed(id, 'scheduleDispatch', 'Parked:NoSuchThing');
    expect(await intervene(id, 'abort')).toMatchObject({ status: 200, body: { stage: 'cancelled', attention: null } });
    expect(await finalOrder(service, id)).toMatchObject({ payment: { status: 'voided' }, attention: null });
    expect(await interventionOf(id)).toMatchObject({ action: 'abort', effect: expect.stringContaining('undone') });
  });

  test('override_credit stands in for a judgement that cannot be had', async () => {
    const { id, posted } = orderWith('judgeCredit', unreachable);
    await attentionAt(id, 'judgeCredit');
    expect(await cardOf(temporal, id)).toContain('"action":"override_credit"');
    expect((await intervene(id, 'override_credit')).status).toBe(200);
    expect((await posted).status).toBeLessThan(300);
    expect(await interventionOf(id)).toMatchObject({ action: 'override_credit' });
    await deliver(id);
    expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed', attention: null });
  });

  test('nothing is retried, aborted or overridden where there is nothing to do it to', async () => {
    const posted = await service.ask('POST', '/v1/orders', { body: orderFor(), key: 'healthy' });
    await cardWhen(temporal, posted.body.id, /^### scheduled: waits for/);
    for (const action of ['retry', 'override_credit']) {
      expect(await intervene(posted.body.id, action)).toMatchObject({ status: 409 });
    }
  });

  test('a person who was forgotten parks the order that needs the address, at once', async () => {
    const { id, posted } = orderWith('scheduleDispatch', unreachable);
    await posted;
    await attentionAt(id, 'scheduleDispatch');
    await service.deps.sealer.forget('buyer-ada');
    broken.delete(`${id}:scheduleDispatch`);
    await listed(id, 'scheduleDispatch', 'Parked:ForgottenError');
    expect(await intervene(id, 'abort')).toMatchObject({ status: 200, body: { stage: 'cancelled' } });
  });
});

const isOlgas = ({ type, actor }: { type: string; actor: string }) =>
  type === 'intervention_made' && actor === 'operator-olga';

/** The operator's decision, as the timeline has it; the history has it, too, with the same actor and reason. */
async function interventionOf(id: string): Promise<Record<string, unknown>> {
  const { json } = await historyOf(temporal, id);
  const said = [...json.matchAll(/"data": "([^"]+)"/g)].map(([, data]) => Buffer.from(data!, 'base64').toString());
  expect(said.some((text) => text.includes('"actor":"operator-olga"') && text.includes('seen to'))).toBe(true);
  const timeline = await until(
    () => timelineOf(id),
    (events) => events.some(isOlgas),
  );
  return timeline.find(isOlgas)?.body ?? {};
}
