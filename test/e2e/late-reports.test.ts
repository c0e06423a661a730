import { Client, Connection } from '@temporalio/client';
import { createUndoSteps } from '../../activities/undo.ts';
import { createApp } from '../../api/app.ts';
import { serve } from '../../api/serve.ts';
import type { OrderId } from '../../domain/ids.ts';
import { stopCheck } from '../../office/checks/register.ts';
import { readRequest, recordRequested } from '../../office/orders/request.ts';
import { recordReport } from '../../office/orders/reports.ts';
import { ordersWithPendingRecords } from '../../office/orders/pending-records.ts';
import { workflowRegister } from '../../platform/workflow-facts.ts';
import { deliveryConfirmed, distributionEvent, ORDER_WORKFLOW } from '../../workflows/messages/definitions.ts';
import type { Answer } from '../api/support.ts';
import { finalOrder, orderFor, orderWhen, scheduledOrder, testService, type TestService } from '../support/service.ts';

/*
 * What a distributor is answered 202 for is on record permanently, whatever has become of the order; what does not fit its end
 * needs an operator until he has acknowledged it.
 */
let service: TestService;
let client: Client;
let undo: ReturnType<typeof createUndoSteps>;
beforeAll(async () => {
  service = await testService();
  undo = createUndoSteps(service.database);
  const connection = await Connection.connect({ address: service.temporal.address });
  client = new Client({ connection, namespace: service.temporal.namespace });
});
afterAll(async () => {
  await client.connection.close();
  await service.close();
});

let count = 0;
const waitingOrder = () => scheduledOrder(service, `late-${(count += 1)}`);

function report(id: string, eventId: string, kind: string, change: Record<string, unknown> = {}): Promise<Answer> {
  const body = { eventId, kind, occurredAt: new Date().toISOString(), ...change };
  return service.ask('POST', `/v1/orders/${id}/distribution-events`, { as: 'distributor-swift', body });
}

const olga = (method: string, path: string, body?: unknown) => service.ask(method, path, { as: 'operator-olga', body });
const read = async (id: string) => (await olga('GET', `/v1/orders/${id}`)).body;
const reportsIn = async (id: string) =>
  (await olga('GET', `/v1/orders/${id}/timeline`)).body.data
    .filter(({ type }: { type: string }) => type === 'distribution_reported')
    .map(({ body }: { body: { eventId: string; kind: string } }) => `${body.eventId} ${body.kind}`);

const ENDS: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
  'a cancel': (id) => service.ask('POST', `/v1/orders/${id}/cancellation`, { body: { reason: 'enough' } }),
  'an abort': (id) => olga('POST', `/v1/orders/${id}/interventions`, { action: 'abort', reason: 'enough' }),
  'a loss': (id) => report(id, 'scan-1', 'lost'),
};

describe.each(Object.entries(ENDS))('after %s', (_name, end) => {
  test.each(['api', 'signal'])('a delivery that is reported by %s is on record and needs an operator', async (way) => {
    const id = await waitingOrder();
    await end(id);
    const ended = await finalOrder(service, id);
    if (way === 'signal') {
      // The row has ended; the workflow still has to return.
      await client.workflow.getHandle(id).result();
      const late = client.workflow
        .getHandle(id)
        .signal(deliveryConfirmed, { eventId: 'proof', deliveredAt: new Date().toISOString() });
      // A workflow that has ended tells the sender itself.
      await expect(late).rejects.toMatchObject({ name: 'WorkflowNotFoundError' });
      return;
    }
    expect((await report(id, 'proof', 'delivered', { receivedBy: 'Ada' })).status).toBe(202);
    expect(await read(id)).toMatchObject({
      stage: ended.stage,
      attention: { step: 'delivery', reason: 'ReportAfterEnd', waitingOn: 'operator' },
      payment: ended.payment,
    });
    expect(await reportsIn(id)).toContain('proof delivered');
    // The same again changes nothing, also after the operator has seen it.
    const acknowledged = await olga('POST', `/v1/orders/${id}/interventions`, {
      action: 'acknowledge',
      reason: 'seen',
    });
    expect(acknowledged).toMatchObject({ status: 200, body: { attention: null, stage: ended.stage } });
    expect((await report(id, 'proof', 'delivered', { receivedBy: 'Ada' })).status).toBe(202);
    expect((await read(id)).attention).toBeNull();
  });
});

test('late scans of delivered goods are on record and need nobody; that they were lost does', async () => {
  const id = await waitingOrder();
  await report(id, 'proof', 'delivered');
  await finalOrder(service, id);
  expect((await report(id, 'scan-1', 'picked_up')).status).toBe(202);
  expect((await report(id, 'proof-2', 'delivered')).status).toBe(202);
  expect((await read(id)).attention).toBeNull();
  expect((await report(id, 'scan-2', 'lost')).status).toBe(202);
  expect(await read(id)).toMatchObject({ stage: 'completed', attention: { reason: 'ReportAfterEnd' } });
  expect(await reportsIn(id)).toEqual(['scan-1 picked_up', 'proof-2 delivered', 'scan-2 lost']);
});

test('delivered goods of which is said, before they are paid for, that they were lost need an operator until he has acknowledged it', async () => {
  const demands = (paymentDemand: string) =>
    olga('PUT', '/v1/registry/sellers/seller-mill', { name: 'The Mill', agent: 'auto', paymentDemand });
  expect((await demands('own')).status).toBe(200);
  try {
    const id = await waitingOrder();
    await report(id, 'proof', 'delivered');
    await orderWhen(service, id, ({ stage }) => stage === 'delivered');
    expect((await report(id, 'scan', 'lost')).status).toBe(202);
    expect((await read(id)).attention).toMatchObject({ reason: 'ReportAfterEnd' });
    const { body: diagnosed } = await olga('GET', `/v1/orders/${id}/diagnosis`);
    expect(diagnosed.advice.map(({ action }: { action: string }) => action)).toEqual(['acknowledge']);
    const acknowledged = await olga('POST', `/v1/orders/${id}/interventions`, {
      action: 'acknowledge',
      reason: 'seen',
    });
    expect(acknowledged).toMatchObject({ status: 200, body: { stage: 'delivered', attention: null } });
  } finally {
    expect((await demands('auto')).status).toBe(200);
  }
});

test('a report to an order whose workflow was terminated is on record, and the order asks for an operator', async () => {
  const id = await waitingOrder();
  await client.workflow.getHandle(id).terminate('by mistake');
  expect((await report(id, 'proof', 'delivered')).status).toBe(202);
  expect(await read(id)).toMatchObject({
    stage: 'scheduled',
    attention: { step: 'workflow', reason: expect.stringMatching(/^Workflow/), waitingOn: 'operator' },
  });
  expect(
    await olga('POST', `/v1/orders/${id}/interventions`, { action: 'resume', reason: 'it was a mistake' }),
  ).toMatchObject({
    status: 200,
  });
  // The order goes on from its row, with the delivery that nobody else has heard of.
  expect(await finalOrder(service, id)).toMatchObject({
    stage: 'completed',
    payment: { status: 'settled' },
    attention: null,
  });
});

const DAY_MS = 86_400_000;
test.each([
  ['in the year 9999', () => '9999-12-31T00:00:00Z'],
  ['in 1970', () => '1970-01-01T00:00:00Z'],
  ['before the order', () => new Date(Date.now() - DAY_MS).toISOString()],
  ['more than five minutes ahead', () => new Date(Date.now() + 6 * 60_000).toISOString()],
])('a delivery %s is refused, and leaves no trace', async (_when, occurredAt) => {
  const id = await waitingOrder();
  const refused = await report(id, 'proof', 'delivered', { occurredAt: occurredAt() });
  expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: '/occurredAt' }] } });
  expect((await read(id)).stage).toBe('scheduled');
  expect((await report(id, 'proof', 'delivered')).status).toBe(202);
  expect((await finalOrder(service, id)).stage).toBe('completed');
});

test('one event id with another content is refused, and the first stays', async () => {
  const id = await waitingOrder();
  expect((await report(id, '1', 'picked_up')).status).toBe(202);
  const other = await report(id, '1', 'delivered');
  expect(other).toMatchObject({ status: 422, body: { type: '/problems/event-id-reused' } });
  expect((await report(id, '2', 'delivered', { receivedBy: 'Ada' })).status).toBe(202);
  await finalOrder(service, id);
  expect((await report(id, '2', 'delivered', { receivedBy: 'Bob' })).status).toBe(422);
  expect((await report(id, '2', 'delivered', { receivedBy: 'Ada' })).status).toBe(202);
  expect(await reportsIn(id)).toEqual(['1 picked_up', '2 delivered']);
});

test('one event id by a plain signal and by the API: neither report is lost', async () => {
  const id = await waitingOrder();
  await service.stopWorkers();
  const scan = { eventId: 'E1', kind: 'picked_up' as const, occurredAt: new Date().toISOString() };
  await client.workflow.getHandle(id).signal(distributionEvent, scan);
  expect((await report(id, 'E1', 'delivered')).status).toBe(202);
  await service.startWorker();
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'completed' });
});

test('a receiver that was never sealed here is another content, and no fault of ours', async () => {
  const id = await waitingOrder();
  const forged = { eventId: 'fj', deliveredAt: new Date().toISOString(), receivedBy: 'a.b.c.d.e' };
  await client.workflow.getHandle(id).signal(deliveryConfirmed, forged);
  await finalOrder(service, id);
  expect((await report(id, 'fj', 'delivered', { receivedBy: 'x' })).status).toBe(422);
});

/** The order on record, as a step gets it. */
async function requestOf(id: string) {
  const request = await readRequest(service.database.orm.em.fork(), id as OrderId);
  if (!request) throw new Error(`order ${id} is on record`);
  return request;
}

test.each(['picked_up', 'in_transit', 'delivered'])(
  '%s between the decision to end an order and its end needs an operator, then and after',
  async (kind) => {
    const id = await waitingOrder();
    await service.stopWorkers();
    const order = await requestOf(id);
    const ending = { stage: 'cancelled', reason: 'enough', actor: 'buyer-ada' } as const;
    await undo.decideEnding({ order, ending });
    expect((await report(id, 'scan', kind)).status).toBe(202);
    expect((await read(id)).attention).toMatchObject({ reason: 'ReportAfterEnd' });
    await undo.closeOrder({ order, ending });
    expect(await read(id)).toMatchObject({ stage: 'cancelled', attention: { reason: 'ReportAfterEnd' } });
    await service.startWorker();
  },
);

test('goods that were picked up before the cancel was decided, and nobody had heard of it, need an operator', async () => {
  const id = await waitingOrder();
  await service.stopWorkers();
  expect((await report(id, 'scan', 'picked_up')).status).toBe(202);
  const order = await requestOf(id);
  await undo.closeOrder({ order, ending: { stage: 'cancelled', reason: 'enough', actor: 'buyer-ada' } });
  expect(await read(id)).toMatchObject({ stage: 'cancelled', attention: { reason: 'ReportAfterEnd' } });
  await service.startWorker();
});

test('goods that are reported of an order that never had its check need an operator at its end', async () => {
  const { orm } = service.database;
  const order = { ...(await requestOf(await waitingOrder())), orderId: `order-${'a'.repeat(26)}` as OrderId };
  await recordRequested(orm.em.fork(), order);
  const scan = { eventId: 'scan', kind: 'delivered', occurredAt: new Date().toISOString() } as const;
  await orm.em.fork().transactional((tx) => recordReport(tx, order.orderId, 'distributor-swift', scan));
  const ending = { stage: 'cancelled', reason: 'enough', actor: 'buyer-ada' } as const;
  await undo.decideEnding({ order, ending });
  await undo.voidCheckIfIssued({ order, ending });
  await undo.closeOrder({ order, ending });
  expect(await read(order.orderId)).toMatchObject({ stage: 'cancelled', attention: { reason: 'ReportAfterEnd' } });
});

test('a stopped check whose order could not be signalled: the sweep finds it, and the order ends', async () => {
  const posted = await service.ask('POST', '/v1/orders', {
    body: orderFor({ presentation: 'manual' }),
    key: 'stopped',
  });
  const { id, echeck } = posted.body;
  const { orm } = service.database;
  await stopCheck(orm, { number: echeck.number, actor: 'buyer-ada', buyerId: 'buyer-ada', reason: 'lost' });
  const found = await ordersWithPendingRecords(orm.em.fork(), new Date(Date.now() + 60_000));
  expect(found.map(({ id: pending }) => pending)).toContain(id);
  await workflowRegister(client, ORDER_WORKFLOW).signalRecord(id);
  expect(await finalOrder(service, id)).toMatchObject({ stage: 'cancelled', payment: { status: 'voided' } });
  expect(await ordersWithPendingRecords(orm.em.fork(), new Date(Date.now() + 60_000))).toEqual([]);
});

test('an order whose workflow takes no more messages says so, and what was reported is on record', async () => {
  const id = await waitingOrder();
  const gateway = { ...service.deps.gateway, signal: () => Promise.resolve('full' as const) };
  const full = await serve(createApp({ ...service.deps, gateway }), { host: '127.0.0.1', port: 0 });
  const body = { eventId: 'proof', kind: 'delivered', occurredAt: new Date().toISOString() };
  const path = `/v1/orders/${id}/distribution-events`;
  expect((await service.ask('POST', path, { as: 'distributor-swift', body, at: full.url })).status).toBe(202);
  await full.close();
  expect((await read(id)).attention).toMatchObject({ step: 'workflow', reason: 'MessageLimit' });
  await workflowRegister(client, ORDER_WORKFLOW).signalRecord(id);
  expect((await finalOrder(service, id)).stage).toBe('completed');
});

test('two who use one event id at the same moment: one is on record, the other is told', async () => {
  const id = await waitingOrder();
  const kinds = ['picked_up', 'in_transit', 'failed_attempt'];
  const answers = await Promise.all(kinds.map((kind) => report(id, 'same', kind)));
  expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([202, 422, 422]);
});
